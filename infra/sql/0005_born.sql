-- Where the log ended when a projection came into being: until it has got there, it is on its first fold.
alter table projections add column born bigint not null default 0;
