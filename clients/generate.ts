import { mkdir, writeFile } from 'node:fs/promises'
import openapiTS, { astToString } from 'openapi-typescript'
import ts from 'typescript'

/** Writes the types of the API, for `openapi-fetch`, to `generated/api.ts`; a file is a `Blob` in them. */
const folder = new URL('generated/', import.meta.url)
const blob = ts.factory.createTypeReferenceNode('Blob')
const types = await openapiTS(new URL('../docs/openapi.json', import.meta.url), {
  transform: (schema) => (schema.format === 'binary' ? blob : undefined),
})
await mkdir(folder, { recursive: true })
await writeFile(new URL('api.ts', folder), astToString(types))
