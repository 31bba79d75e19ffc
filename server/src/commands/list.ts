import type { Command, Switch } from './command.ts'

const YES: Switch = { flag: '--yes', summary: 'Confirm --reset-db without asking.' }

/**
 * Every command. Each is loaded when it is called, so that `check-config` answers at once and also where the
 * database driver does not load.
 */
export const COMMANDS: readonly Command[] = [
  {
    name: 'serve',
    summary: 'Run the service until it is told to stop (SIGTERM, Ctrl-C; twice to stop at once).',
    switches: [YES],
    settings: 'read',
    run: async (context) => (await import('./serve.ts')).serve(context),
  },
  {
    name: 'migrate',
    summary: 'Bring the database to the schema of this version.',
    switches: [{ flag: '--dry-run', summary: 'Only list what would run.' }, YES],
    settings: 'read',
    run: async (context) => (await import('./migrate.ts')).migrateDatabase(context),
  },
  {
    name: 'check-config',
    summary: 'Print every setting, its value (secrets masked) and where it came from.',
    switches: [{ flag: '--json', summary: 'Print JSON.' }],
    settings: 'read',
    run: async (context) => (await import('./check-config.ts')).checkConfig(context),
  },
  {
    name: 'config-reference',
    summary: 'Print docs/configuration.md.',
    switches: [],
    settings: 'unused',
    run: async (context) => (await import('./config-reference.ts')).printConfigReference(context),
  },
  {
    name: 'version',
    summary: 'Print the version.',
    switches: [],
    settings: 'unused',
    run: async ({ terminal }) => terminal.write(`${terminal.version}\n`),
  },
]
