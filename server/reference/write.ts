import { writeFile } from 'node:fs/promises'
import { databaseReference } from './database.ts'
import { openapiReference } from './openapi.ts'

/** Writes the generated pages of `docs/` anew. */
const docs = new URL('../../docs/', import.meta.url)
await writeFile(new URL('database.md', docs), await databaseReference())
await writeFile(new URL('openapi.json', docs), await openapiReference())
