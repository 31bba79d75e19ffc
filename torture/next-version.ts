import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratchFolder } from './scratch.ts'

const ROOT = join(import.meta.dirname, '..')
const MIGRATION = '099-of-the-next-version'

/** A copy of the service that has one migration more: a new column with a default, and a new table. Answers its root. */
export function nextVersion(): string {
  const root = scratchFolder()
  cpSync(join(ROOT, 'server/src'), join(root, 'server/src'), { recursive: true })
  for (const name of ['server/package.json', 'package.json']) cpSync(join(ROOT, name), join(root, name))
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  const migrations = join(root, 'server/src/db/migrations')
  writeFileSync(
    join(migrations, `${MIGRATION}.ts`),
    `import { sql, type Kysely } from 'kysely'
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql\`alter table submissions add column remark varchar(200) default 'none' not null\`.execute(database)
  await sql\`create table remarks (id integer not null primary key)\`.execute(database)
}
`,
  )
  const list = join(migrations, 'index.ts')
  const text = readFileSync(list, 'utf8')
  const longer = `import { up as next } from './${MIGRATION}.ts'
${text.replace('export const MIGRATIONS', 'const BEFORE')}
export const MIGRATIONS: typeof BEFORE = [...BEFORE, { name: '${MIGRATION}', up: next }]
`
  writeFileSync(list, longer)
  return root
}
