// The work every peer does, and how it is measured: the same as in rate.rs. One command loads a member's stream, decides
// whether the badge may be checked, and appends one event of the same weight as ours, expecting the version it read.
import { randomUUID } from 'node:crypto';

export const MEMBERS = 2000;
const PLACE = 'v1.0190d3a0000070008000000000000001.c2VhbGVkLXBsYWNlLW9mLXRoZS1zYW1lLWxlbmd0aC1hcy1vdXJz';
// As many connections as cqrs-es + postgres-es are given.
export const CONNECTIONS = 64;

const [inFlight, seconds, whose] = process.argv.slice(2);

export const registered = { branch: randomUUID(), post: 'cadre', on: '2022-03-01', probation_until: null };
export const member = (number) => `00000000-0000-4000-8000-${String(1000 + number).padStart(12, '0')}`;

export const initial = () => ({ registered: false, checks: new Set() });

export const evolve = (state, type, data) => {
  if (type === 'member_registered') return { ...state, registered: true };
  state.checks.add(data.check);
  return state;
};

export const decide = (state) => {
  const check = randomUUID();
  if (!state.registered || state.checks.has(check)) throw new Error('refused');
  return { check, on: '2022-03-01', place: PLACE, worn: true };
};

// Runs commands, so many at once, for the time asked for; prints how many, how long, and the 99th percentile.
export const measure = async (command) => {
  const times = [];
  let next = 0;
  const start = performance.now();
  const worker = async () => {
    while (performance.now() - start < Number(seconds) * 1000) {
      const number = next++;
      const begun = performance.now();
      await command(whose === 'hot' && number % 10 === 0 ? 0 : number % MEMBERS);
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: Number(inFlight) }, worker));
  const took = performance.now() - start;
  times.sort((one, other) => one - other);
  const p99 = times[Math.min(times.length - 1, Math.floor((times.length * 99) / 100))];
  console.log(JSON.stringify({ done: times.length, took_micros: Math.round(took * 1000), p99_micros: Math.round(p99 * 1000) }));
};

// Fills the members in where there are none yet, sixty-four at a time.
export const seed = async (register) => {
  for (let from = 0; from < MEMBERS; from += 64) {
    const some = Array.from({ length: Math.min(64, MEMBERS - from) }, (_, at) => from + at);
    await Promise.all(some.map(register));
  }
};
