// What clients of graphql-transport-ws do, well and badly: a line of JSON for what came of each.
//
// socket.mjs ADDRESS IMPATIENT CROWDED: an ordinary door, one that waits for no beginning, one with a single place.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [address, impatient, crowded] = process.argv.slice(2).map((http) => http.replace('http', 'ws') + '/graphql/ws');
const tell = (what, came) => console.log(JSON.stringify({ what, came }));
const OFFICE = { viewer: 'id=office; roles=office' };

function client(options = {}) {
  return createClient({ url: address, webSocketImpl: WebSocket, retryAttempts: 0, lazy: false, connectionParams: OFFICE,
    onNonLazyError: () => {}, ...options });
}

// A socket by hand: says each message in turn, each after an answer where `paced`; answers the code it is closed with.
function raw(url, messages, { protocol = 'graphql-transport-ws', paced = false } = {}) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, protocol);
    const waiting = [...messages];
    const say = () => waiting.length > 0 && socket.send(waiting.shift());
    socket.on('open', () => {
      say();
      while (!paced && waiting.length > 0) say();
    });
    socket.on('message', () => paced && say());
    socket.on('unexpected-response', (request, { statusCode }) => {
      request.destroy();
      resolve(statusCode);
    });
    socket.on('error', () => {});
    socket.on('close', (code) => resolve(code));
  });
}

const said = (message) => JSON.stringify(message);
const INIT = said({ type: 'connection_init', payload: OFFICE });
const follow = (id) => said({ id, type: 'subscribe', payload: { query: 'subscription { position }' } });

async function well() {
  const one = client();
  for await (const { data } of one.iterate({ query: '{ log { position } }' })) tell('query', data);
  for await (const { data } of one.iterate({ query: 'query A { log { position } } query B { __typename }', operationName: 'B' })) {
    tell('operation name', data);
  }
  const refused = one.iterate({ query: '{ nothing }' }).next().then(() => 'answered', (errors) => errors[0].extensions.code);
  tell('refused before it is executed', await refused);
  const followed = one.iterate({ query: 'subscription { position }' });
  tell('first of a subscription', (await followed.next()).value.data);
  await followed.return();
  for await (const { data } of one.iterate({ query: '{ __typename }' })) tell('after a subscription was left', data);
  await one.dispose();
  const ponged = await new Promise((resolve) => {
    const pinging = client({ keepAlive: 20, on: { pong: (received) => received && (resolve(true), pinging.dispose()) } });
  });
  tell('pong', ponged);
}

async function badly() {
  const refused = await new Promise((resolve) => {
    client({ connectionParams: { viewer: 'roles=king' }, on: { closed: ({ code, reason }) => resolve({ code, reason }) } });
  });
  tell('sign-in refused', refused.code);
  tell('no beginning', await raw(impatient, []));
  tell('two beginnings', await raw(address, [INIT, INIT]));
  tell('before the beginning', await raw(address, [follow('1')]));
  tell('id in use', await raw(address, [INIT, follow('1'), follow('1')], { paced: true }));
  tell('no message', await raw(address, [INIT, 'nonsense'], { paced: true }));
  tell('no message before the beginning', await raw(address, ['{"type":"nonsense"}']));
  tell('a list', await raw(address, ['["ping",null]']));
  tell('not a text', await raw(address, [Buffer.from(INIT)]));
  tell('of the older protocol', await raw(address, [INIT, said({ id: '1', type: 'start', payload: { query: '{ __typename }' } })], { paced: true }));
  tell('no query', await raw(address, [INIT, said({ id: '1', type: 'subscribe', payload: {} })], { paced: true }));
  tell('one too many', await raw(address, [INIT, ...Array.from({ length: 65 }, (_, n) => follow(String(n)))], { paced: true }));
  tell('another protocol', await raw(address, [], { protocol: 'graphql-ws' }));
  const first = client({ url: crowded });
  await new Promise((resolve) => first.on('connected', resolve));
  tell('no place left', await raw(crowded, []));
  await first.dispose();
}

// A thousand subscriptions on twenty connections: each has its answer, and another when somebody writes.
async function many() {
  const clients = Array.from({ length: 20 }, () => client());
  const followed = clients.flatMap((one) => Array.from({ length: 50 }, () => one.iterate({ query: 'subscription { position }' })));
  const next = async () => (await Promise.all(followed.map((each) => each.next()))).map(({ value }) => Number(value.data.position));
  const first = await next();
  tell('a thousand', { answered: first.length, position: Math.min(...first) });
  const written = fetch(process.argv[2] + '/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: said({ query: 'mutation { establishBranch(input: { kind: COMMITTEE, name: "市分公司党委", on: "2020-01-01" }) { position } }' }),
  });
  const second = await next();
  const { position } = (await (await written).json()).data.establishBranch;
  tell('a thousand again', { answered: second.length, moved: Math.min(...second) === Number(position) });
  await Promise.all(clients.map((one) => one.dispose()));
}

await well();
await badly();
await many();
