/** The OpenAPI document of the server, out of the table of its addresses and the schemas that check what comes. */
import { toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { VERSION } from '../version.js';
import type { Operation } from './operation.js';
import { Data, Failure } from './protocol/schemas.js';

/** What is sent, before defaults are filled in. */
const schemaOf = (schema: v.GenericSchema) => {
  const { $schema: _, ...rest } = toJsonSchema(schema, {
    typeMode: 'input',
    errorMode: 'ignore',
    overrideSchema: ({ valibotSchema }) => (valibotSchema === Data ? { type: 'array', items: {} } : undefined),
  });
  return rest;
};

const contentOf = (types: Readonly<Record<string, v.GenericSchema | string>>) =>
  Object.fromEntries(
    Object.entries(types).map(([type, schema]) => [
      type,
      {
        schema:
          typeof schema === 'string' ? { type: 'string', format: 'binary', description: schema } : schemaOf(schema),
      },
    ]),
  );

const failure = (description: string) => ({ description, content: contentOf({ 'application/json': Failure }) });

const reasons: Readonly<Record<number, string>> = {
  400: 'What came does not fit; the error says what was expected',
  401: 'A key is needed',
  404: 'No such model or version',
  406: 'No such type of answer',
  413: 'Too large',
  415: 'Not an image',
  503: 'Too much to do, or coming to an end; Retry-After says when to try again',
  504: 'The time was up',
};

function operationOf({ summary, path, body, query, answer, errors = [], works, open }: Operation) {
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const statuses = [...errors, ...(named.length > 0 ? [404] : []), ...(works ? [503] : []), ...(open ? [] : [401])];
  const parameters = [
    ...named.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.entries(query?.entries ?? {}).map(([name, entry]) => ({
      name,
      in: 'query',
      required: false,
      schema: schemaOf(entry as v.GenericSchema),
    })),
  ];
  return {
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: !path.endsWith('/generate'), content: contentOf(body) } }),
    responses: {
      200: { description: 'The answer', content: contentOf(answer) },
      ...Object.fromEntries(statuses.sort().map((status) => [status, failure(reasons[status]!)])),
    },
    ...(open && { security: [] }),
  };
}

/** @param keyed whether requests need a key */
export function openApi(operations: readonly Operation[], keyed: boolean): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations)
    paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: operationOf(operation) };
  return {
    openapi: '3.1.0',
    info: { title: 'resmirror', version: VERSION, description: 'Residual networks behind HTTP' },
    paths,
    ...(keyed && {
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }],
    }),
  };
}
