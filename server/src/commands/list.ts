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
    name: 'doctor',
    summary: 'Look what is wrong, and say what to do about it.',
    details: [
      'Looks at the database and the storage of this configuration, and asks the service that runs at its address. With --token it says who the service takes the bearer of that token for; with --user, and --course and --assignment, what that person can see and why not; with --round-trip it releases, hands in and collects a file in that course and removes it again.',
    ],
    switches: [
      {
        flag: '--url',
        takes: 'URL',
        summary: 'The service, with its base path; else host, port and baseUrl of the configuration.',
      },
      {
        flag: '--token',
        takes: 'TOKEN',
        summary: 'A token of somebody; for --round-trip, of somebody who teaches the course.',
      },
      { flag: '--user', takes: 'NAME', summary: 'About whom to tell.' },
      { flag: '--org', takes: 'NUMBER', summary: 'Their organisation; 1 unless given.' },
      {
        flag: '--course',
        takes: 'CODE',
        summary: 'About which course to tell; the scratch course of --round-trip.',
      },
      { flag: '--assignment', takes: 'CODE', summary: 'About which assignment to tell.' },
      { flag: '--round-trip', summary: 'Release, hand in, collect and remove an assignment in the course.' },
      { flag: '--json', summary: 'Print the findings as JSON.' },
    ],
    settings: 'read',
    run: async (context) => (await import('./doctor/doctor.ts')).doctor(context),
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
