-- An event that a process dies of takes the next one with it, and so on for ever: so it is kept how often a lease has run out
-- since a projection last got on, and how often a process of one build was about to fold an event by itself.
alter table projections add column lapsed integer not null default 0;
alter table projections add column tried_at bigint;
alter table projections add column tried_by text;
alter table projections add column tries integer not null default 0;
