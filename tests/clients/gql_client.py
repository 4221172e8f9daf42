"""What the Python client gql does with the API: a line of JSON for what came of each.

gql_client.py ADDRESS SCHEMA BRANCH: a server, the checked-in schema, a branch to write to.
"""

import asyncio
import json
import sys

from gql import Client, GraphQLRequest
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from graphql import GraphQLError, build_schema
from graphql.utilities import find_breaking_changes, find_dangerous_changes

ADDRESS, SCHEMA, BRANCH = sys.argv[1:4]
OFFICE = "id=office; roles=office"

REGISTER = """mutation Register($input: RegisterMemberInput!) {
         registerMember(input: $input) { position of replayed refusal { code message facts { name value } } } }"""
MANY = """mutation Many($input: SendCommandsInput!) {
         sendCommands(input: $input) { position outcomes { position of replayed refusal { code } } } }"""
MEMBERS = """query Members($after: String, $atLeast: Position) {
         members(first: 3, after: $after, atLeast: $atLeast) { edges { cursor node { id post } } pageInfo { hasNextPage endCursor } } }"""
NODE = "query Node($id: ID!) { node(id: $id) { __typename id ... on Member { post branch { name } } } }"
TRAIL = "subscription Trail($after: Position) { auditTrail(after: $after) { id position origin type } }"
LOG = "{ log { position origin } }"


def tell(what, came):
    print(json.dumps({"what": what, "came": came}, ensure_ascii=False))


def transport():
    return HTTPXAsyncTransport(url=f"{ADDRESS}/graphql", headers={"x-sanping-viewer": OFFICE})


def socket():
    url = ADDRESS.replace("http", "ws", 1) + "/graphql/ws"
    return WebsocketsTransport(url=url, init_payload={"viewer": OFFICE}, subprotocols=["graphql-transport-ws"])


def registration(number):
    return {
        "commandId": f"gql-{number}", "branch": BRANCH, "staffNumber": f"G{number}", "name": "试三", "post": "STAFF",
        "on": "2022-01-04",
    }


async def run(session, document, **variables):
    return await session.execute(GraphQLRequest(document, variable_values=variables))


def compare(served):
    """The schema that is served is the one checked in, both ways."""
    with open(SCHEMA, encoding="utf-8") as file:
        kept = build_schema(file.read())
    changes = [*find_breaking_changes(kept, served), *find_breaking_changes(served, kept)]
    changes += [*find_dangerous_changes(kept, served), *find_dangerous_changes(served, kept)]
    # What GraphQL itself brings along is of a later draft in this client than in the server: it is not the schema's.
    told = [change.description for change in changes]
    tell("changes", [text for text in told if "@deprecated" not in text and not text.startswith("Standard scalar ")])


async def requests():
    async with Client(transport=transport(), fetch_schema_from_transport=True) as session:
        compare(session.client.schema)
        try:
            await run(session, "{ members { nodes { salary } } }")
        except GraphQLError as error:
            tell("refused by the client itself", error.message)
        first = (await run(session, REGISTER, input=registration(1)))["registerMember"]
        again = (await run(session, REGISTER, input=registration(1)))["registerMember"]
        tell("again", [first["of"] == again["of"], first["replayed"], again["replayed"]])
        taken = (await run(session, REGISTER, input={**registration(1), "commandId": "other"}))["registerMember"]
        tell("refusal", taken["refusal"]["code"])
        commands = [{"registerMember": registration(number)} for number in range(9)]
        many = (await run(session, MANY, input={"commands": commands}))["sendCommands"]
        tell("many", [outcome["replayed"] for outcome in many["outcomes"]])
        ids, after = [], None
        while True:
            page = (await run(session, MEMBERS, after=after, atLeast=many["position"]))["members"]
            ids += [edge["node"]["id"] for edge in page["edges"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        tell("members", [len(ids), len(set(ids)), ids == sorted(ids), {outcome["of"] for outcome in many["outcomes"]} <= set(ids)])
        found = (await run(session, NODE, id=first["of"]))["node"]
        tell("node", [found["__typename"], found["id"] == first["of"], found["post"]])
        tell("no node", (await run(session, NODE, id="nothing"))["node"])


async def follow(after, most):
    """The next events after a position, at most so many; then the connection is given up."""
    had = []
    async with Client(transport=socket()) as session:
        async for answer in session.subscribe(GraphQLRequest(TRAIL, variable_values={"after": after})):
            had.append(answer["auditTrail"])
            if len(had) == most:
                return had
    return had


async def trail():
    async with Client(transport=transport()) as session:
        log = (await run(session, LOG))["log"]
    head, had = int(log["position"]), []
    while len(had) < head:
        last = had[-1] if had else {"position": "0", "origin": log["origin"]}
        had += await follow(f"{last['position']}@{last['origin']}", min(4, head - len(had)))
    tell("trail", [int(event["position"]) for event in had] == list(range(1, head + 1)))
    async with Client(transport=transport()) as session:
        event = (await run(session, NODE, id=had[-1]["id"]))["node"]
    tell("event by its id", [event["__typename"], event["id"] == had[-1]["id"]])


async def main():
    await requests()
    await trail()


asyncio.run(main())
