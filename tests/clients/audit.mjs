// The audit of GraphQL over HTTP that its working group keeps: a line of JSON for each finding.
import { auditServer } from 'graphql-http';

for (const { id, name, status, reason } of await auditServer({ url: process.argv[2], fetchFn: fetch })) {
  console.log(JSON.stringify({ id, name, status, reason }));
}
