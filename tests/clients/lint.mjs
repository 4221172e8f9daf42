// What graphql-eslint finds in a schema: a line of JSON for each finding. What is off or otherwise than usual says why.
import { readFileSync } from 'node:fs';
import { Linter } from 'eslint';
import graphql from '@graphql-eslint/eslint-plugin';

const file = process.argv[2];
// The directives of the specification, which the library prints, are not ours to describe. Lines keep their numbers.
const blank = (text) => text.replace(/[^\n]/g, '');
const text = readFileSync(file, 'utf8').replace(/^"""\n[^"]*"""\ndirective @[^\n]*$/gm, blank);
const of = (name) => graphql.configs[`flat/${name}`].rules;
const own = {
  // Every description: of fields, arguments, inputs and values of enums too.
  '@graphql-eslint/require-description': ['error', {
    types: true, rootField: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true,
  }],
  // Things have an id. What is told of them has none: pages, edges, counts, outcomes, explanations, figures.
  '@graphql-eslint/strict-id-in-types': 'off',
  // `dueAt` of Due and `grantedBy` of Grant are words of their own, not the name of the type before another.
  '@graphql-eslint/no-typename-prefix': 'off',
  // Lists go forward only: `first` and `after`.
  '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
  // `nodes` beside `edges`, and plain lists of what has no place of its own; rows that are no things have no global id.
  '@graphql-eslint/relay-edge-types': ['error', {
    withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false,
  }],
};
const excepted = [
  // A page of moves that says more of itself than a page: which moments it compares, and how many moved.
  ['@graphql-eslint/relay-connection-types', 'type LeaderboardChange {'],
  // The page that the field above it asked for: `roundProposal(first:, after:)`.
  ['@graphql-eslint/relay-arguments', '\tresults: ProposedResultConnection!'],
  // A subscription to the top of a board: `first` says how much of it, and there is no later page to go on to.
  ['@graphql-eslint/relay-arguments', '\tleaderboard('],
];

const linter = new Linter({ configType: 'flat' });
const config = [{
  files: ['**/*.graphql'],
  plugins: { '@graphql-eslint': graphql },
  languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: file } } },
  rules: { ...of('schema-recommended'), ...of('schema-relay'), ...own },
}];
const lines = text.split('\n');
const found = linter.verify(text, config, { filename: 'schema.graphql' });
const isExcepted = ({ ruleId, line }) => excepted.some(([rule, at]) => rule === ruleId && at === lines[line - 1]);
for (const { ruleId, line, message } of found.filter((one) => !isExcepted(one))) {
  console.log(JSON.stringify({ rule: ruleId, line, message }));
}
