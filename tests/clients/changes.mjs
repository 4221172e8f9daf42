// What breaks clients between two schemas, as the reference implementation of GraphQL finds it: a line of JSON for each
// change, with the number of the pair. The files come in pairs: the earlier, the later.
import { readFileSync } from 'node:fs';
import { buildSchema, findBreakingChanges, isInputObjectType } from 'graphql';

const files = process.argv.slice(2);
const schema = (file) => buildSchema(readFileSync(file, 'utf8'), { assumeValidSDL: true });

// Which exactly one of is a rule of ours that it does not look at.
function nowOneOf(earlier, later) {
  const inputs = Object.values(earlier.getTypeMap()).filter(isInputObjectType);
  const stricter = inputs.filter((type) => !type.isOneOf && later.getType(type.name)?.isOneOf);
  return stricter.map(({ name }) => ({ type: 'INPUT_NOW_ONE_OF', description: `${name} now takes exactly one of its fields.` }));
}

for (let pair = 0; 2 * pair < files.length; pair += 1) {
  const [earlier, later] = [schema(files[2 * pair]), schema(files[2 * pair + 1])];
  for (const { type, description } of [...findBreakingChanges(earlier, later), ...nowOneOf(earlier, later)]) {
    console.log(JSON.stringify({ pair, type, description }));
  }
}
