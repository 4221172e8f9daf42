// message-db: its own functions, installed from its package, called by prepared statements.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import pg from 'pg';
import { CONNECTIONS, decide, evolve, initial, measure, member, registered, seed } from './work.mjs';

const pool = new pg.Pool({ max: CONNECTIONS, options: '-c search_path=message_store,public' });
const stream = (number) => `member-${member(number)}`;

// In the order of its install script, without roles and grants: the owner of the database works.
const PARTS = [
  'schema/message-store', 'extensions/pgcrypto', 'tables/messages', 'types/message',
  ...['message-store-version', 'hash-64', 'acquire-lock', 'category', 'is-category', 'id', 'cardinal-id', 'stream-version',
    'write-message', 'get-stream-messages', 'get-category-messages', 'get-last-stream-message'].map((name) => `functions/${name}`),
  'indexes/messages-id', 'indexes/messages-stream', 'indexes/messages-category',
];

const install = async () => {
  const { rows } = await pool.query("select to_regclass('message_store.messages') is not null as there");
  if (rows[0].there) return;
  const folder = path.join(path.dirname(createRequire(import.meta.url).resolve('@eventide/message-db/package.json')), 'database');
  for (const part of PARTS) await pool.query(await readFile(path.join(folder, `${part}.sql`), 'utf8'));
  await seed((number) => write(number, 'member_registered', registered, -1));
  await pool.query('analyze');
};

const write = (number, type, data, expected) =>
  pool.query({
    name: 'write',
    text: 'select write_message($1, $2, $3, $4, null, $5)',
    values: [randomUUID(), stream(number), type, data, expected],
  });

// The whole stream, a thousand at a time, as its documentation has it.
const load = async (number) => {
  let [state, version] = [initial(), -1];
  for (;;) {
    const { rows } = await pool.query({
      name: 'load',
      text: 'select type, data, position from get_stream_messages($1, $2, 1000)',
      values: [stream(number), version + 1],
    });
    for (const { type, data } of rows) state = evolve(state, type, JSON.parse(data));
    version += rows.length;
    if (rows.length < 1000) return { state, version };
  }
};

const command = async (number) => {
  for (;;) {
    const { state, version } = await load(number);
    try {
      await write(number, 'member_badge_checked', decide(state), version);
      return;
    } catch (error) {
      if (!error.message.startsWith('Wrong expected version')) throw error;
    }
  }
};

await install();
await measure(command);
await pool.end();
