import { writeFile } from 'node:fs/promises'
import { chartSchema, everySettingValues, secretSettings } from './chart.ts'
import { databaseReference } from './database.ts'
import { errorsReference } from './errors.ts'
import { openapiReference } from './openapi.ts'

/** Writes the generated pages of `docs/` and the schema of the chart's values anew. */
const docs = new URL('../../docs/', import.meta.url)
await writeFile(new URL('database.md', docs), await databaseReference())
await writeFile(new URL('errors.md', docs), errorsReference())
await writeFile(new URL('openapi.json', docs), await openapiReference())
await writeFile(new URL('../chart/values.schema.json', docs), await chartSchema())
await writeFile(new URL('../chart/secret-settings.json', docs), secretSettings())
await writeFile(new URL('../chart/ci/every-setting-values.yaml', docs), everySettingValues())
