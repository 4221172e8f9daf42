// Emmett for PostgreSQL: its command handler, which tries again by itself where another was faster.
import { CommandHandler } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import pg from 'pg';
import { CONNECTIONS, decide, evolve, initial, measure, member, registered, seed } from './work.mjs';

const pool = new pg.Pool({ max: CONNECTIONS });
const store = getPostgreSQLEventStore('postgresql://', { connectionOptions: { pool } });
await store.schema.migrate();
const stream = (number) => `member-${member(number)}`;
const handle = CommandHandler({ initialState: initial, evolve: (state, { type, data }) => evolve(state, type, data) });
// Whoever meets another on a stream tries again until it is done, as every peer here does.
const retry = { onVersionConflict: { retries: 1000, minTimeout: 1, maxTimeout: 20, factor: 1.5 } };

const { rows } = await pool.query('select 1 from emt_messages limit 1');
if (rows.length === 0) {
  await seed((number) => store.appendToStream(stream(number), [{ type: 'member_registered', data: registered }]));
  await pool.query('analyze');
}
await measure((number) =>
  handle(store, stream(number), (state) => ({ type: 'member_badge_checked', data: decide(state) }), { retry }),
);
await store.close();
await pool.end();
