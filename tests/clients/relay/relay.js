// What Relay does with the API: compiled against the checked-in schema, paged while rows are added, kept by ids, asked for
// again by them. A line of JSON for what came of each.
//
// relay.js ADDRESS WORLD: a server, and what is there: the branch and the metric.
'use strict';
const runtime = require('relay-runtime');
const { createOperationDescriptor, fetchQuery, getFragment, getRequest, getSingularSelector } = runtime;

const [address, world] = [process.argv[2], JSON.parse(process.argv[3])];
const tell = (what, came) => console.log(JSON.stringify({ what, came }));
const compiled = (name) => require(`./__generated__/${name}.graphql`);
// What Relay finds wrong with answers it says here.
const complaints = [];
console.error = (...said) => complaints.push(said.join(' '));
console.warn = console.error;

const graphql = () => null;
graphql`
  fragment relayMember_member on Member @refetchable(queryName: "relayMemberQuery") {
    id
    name
    post
    branch { id name }
  }
`;
graphql`
  fragment relayMembers_query on Query
    @argumentDefinitions(count: { type: "Int" }, cursor: { type: "String" })
    @refetchable(queryName: "relayMembersPageQuery") {
    members(first: $count, after: $cursor) @connection(key: "relayMembers_members") {
      edges { node { id ...relayMember_member } }
    }
  }
`;
graphql`query relayMembersQuery($count: Int!) { ...relayMembers_query @arguments(count: $count) }`;
graphql`
  fragment relayBoard_query on Query
    @argumentDefinitions(board: { type: "BoardInput!" }, count: { type: "Int" }, cursor: { type: "String" })
    @refetchable(queryName: "relayBoardPageQuery") {
    leaderboard(board: $board, first: $count, after: $cursor) @connection(key: "relayBoard_leaderboard", filters: ["board"]) {
      edges { node { rank score subject { of kind name member { id post } } } }
    }
  }
`;
graphql`
  query relayBoardQuery($board: BoardInput!, $count: Int!) { ...relayBoard_query @arguments(board: $board, count: $count) }
`;
graphql`query relayNodesQuery($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Member { post } ... on Branch { name } } }`;
graphql`query relayWaitQuery($position: Position!) { metrics(first: 1, atLeast: $position) { position } }`;
graphql`
  mutation relayRegisterMutation($input: RegisterMemberInput!) {
    registerMember(input: $input) { position of refusal { code } }
  }
`;
graphql`
  mutation relayReportMutation($input: ReportMemberResultInput!) {
    reportMemberResult(input: $input) { position of refusal { code } }
  }
`;
graphql`
  mutation relayAppointMutation($input: AppointMemberInput!) {
    appointMember(input: $input) { position of refusal { code } }
  }
`;

async function ask({ text }, variables) {
  const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };
  const answer = await fetch(`${address}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query: text, variables }) });
  return answer.json();
}

const store = new runtime.Store(new runtime.RecordSource());
const environment = new runtime.Environment({ network: runtime.Network.create(ask), store });

const query = (name, variables) =>
  fetchQuery(environment, compiled(name), variables, { networkCacheConfig: { force: true } }).toPromise();

function mutate(name, input) {
  return new Promise((resolve, reject) => runtime.commitMutation(environment, {
    mutation: compiled(name), variables: { input }, onError: reject,
    onCompleted: (data, errors) => (errors ? reject(new Error(JSON.stringify(errors))) : resolve(Object.values(data)[0])),
  }));
}

// What a component would be shown of a fragment.
const shown = (fragment, parent) => environment.lookup(getSingularSelector(getFragment(compiled(fragment)), parent)).data;

// Loads a list page by page; `between` is done after each.
async function pages(first, next, fragment, field, variables, between) {
  const root = createOperationDescriptor(getRequest(compiled(first)), variables);
  environment.retain(root);
  await query(first, variables);
  const list = () => shown(fragment, environment.lookup(root.fragment).data)[field];
  let loaded = 1;
  while (list().pageInfo.hasNextPage) {
    await between(loaded);
    await query(next, { ...variables, cursor: list().pageInfo.endCursor });
    loaded += 1;
  }
  return { list, loaded };
}

let commands = 0;
const commandId = () => `relay-${(commands += 1)}`;
const register = (number) => mutate('relayRegisterMutation', {
  commandId: commandId(), branch: world.branch, staffNumber: `R${number}`, name: '试二', post: 'STAFF', on: '2022-01-04',
});

async function members() {
  const { list, loaded } = await pages('relayMembersQuery', 'relayMembersPageQuery', 'relayMembers_query', 'members', { count: 2 }, register);
  tell('members', { loaded, ids: list().edges.map(({ node }) => node.id) });
  const [{ node }] = list().edges;
  const member = () => shown('relayMember_member', list().edges[0].node);
  const before = member();
  const { refusal, position } = await mutate('relayAppointMutation', { commandId: commandId(), member: node.id, post: 'CADRE', on: '2022-02-01' });
  const stale = member();
  await query('relayWaitQuery', { position });
  await query('relayMemberQuery', { id: node.id });
  tell('asked for again', { refusal, posts: [before.post, stale.post, member().post], branch: member().branch });
}

async function board() {
  const board = { subject: 'MEMBER', measure: { metric: world.metric }, period: { year: 2022 } };
  const report = (number) => register(`B${number}`).then(({ of: member }) => mutate('relayReportMutation', {
    commandId: commandId(), member, metric: world.metric, value: '5000', period: { month: { year: 2022, month: 1 } },
  }));
  const { list, loaded } = await pages('relayBoardQuery', 'relayBoardPageQuery', 'relayBoard_query', 'leaderboard', { board, count: 2 }, report);
  const places = list().edges.map(({ node: { rank, score, subject } }) => [rank, score, subject.of === subject.member.id]);
  tell('board', { loaded, places });
}

async function nodes() {
  const first = [...store.getSource().getRecordIDs()].find((id) => store.getSource().get(id).__typename === 'Member');
  const found = await query('relayNodesQuery', { ids: [world.branch, 'nothing', first, '00000000-0000-0000-0000-000000000000'] });
  tell('nodes', found.nodes.map((node) => node && node.__typename));
  // Whatever has an id is kept under it, and is of one type.
  const records = store.getSource().getRecordIDs().map((id) => store.getSource().get(id)).filter((record) => record && record.id);
  tell('kept by id', records.every((record) => record.id === record.__id));
  tell('types', [...new Set(records.map((record) => record.__typename))].sort());
}

members().then(board).then(nodes).then(() => tell('complaints', complaints)).catch((error) => {
  process.stderr.write(`${error.stack}\n${complaints.join('\n')}\n`);
  process.exit(1);
});
