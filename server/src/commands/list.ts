import type { Command, Switch } from './command.ts'
import { PART_FLAGS } from './part.ts'

const YES: Switch = { flag: '--yes', summary: 'Confirm --reset-db without asking.' }
const JSON_REPORT: Switch = { flag: '--json', summary: 'Print the report as JSON.' }
const IMPORT_DRY_RUN: Switch = {
  flag: '--dry-run',
  summary: 'Only report what would be taken over; write nothing.',
}
const RELEASED_BY: Switch = {
  flag: '--released-by',
  takes: 'NAME',
  summary: 'The user in whose name releases and feedback appear.',
}
const INTO_ORG: Switch = {
  flag: '--org',
  takes: 'NUMBER',
  summary: 'The organisation that it becomes part of; 1 unless said otherwise.',
}
const LINK: Switch = {
  flag: '--link',
  summary: 'Take files over by hard link where both are on one disk; nobody may write to them any more.',
}

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
    name: 'import',
    summary: 'Take over everything that nbexchange 1.5 or 2.0 holds; the source is only read.',
    details: [
      'Can be run while the old service still runs, and again after it has stopped: only what is new comes. After a crash, run it again.',
      'What is broken in the source is listed and left there, and the exit code is 3: rows without a file, feedback whose file belongs to another assignment, actions without an assignment.',
    ],
    switches: [
      { flag: '--from-db', takes: 'URL', summary: 'The old database, as SQLAlchemy spells it.' },
      { flag: '--from-storage', takes: 'DIR', summary: 'The old base_storage_location, where it is now.' },
      {
        flag: '--storage-was',
        takes: 'DIR',
        summary: 'The folder as the old database names it, if that is not plain.',
      },
      LINK,
      IMPORT_DRY_RUN,
      JSON_REPORT,
    ],
    settings: 'read',
    run: async (context) => (await import('./import.ts')).importOld(context),
  },
  {
    name: 'import-directory',
    summary: "Take over nbgrader's own exchange folder: outbound, inbound and feedback of every course.",
    details: [
      'The folder does not say who released, so --released-by does. Releases and feedback have the time at which their files were written. Run again, only what is new comes.',
      'What is broken is listed and left there, and the exit code is 3.',
    ],
    switches: [
      { flag: '--from', takes: 'DIR', summary: 'The exchange folder (Exchange.root).' },
      RELEASED_BY,
      INTO_ORG,
      IMPORT_DRY_RUN,
      JSON_REPORT,
    ],
    settings: 'read',
    run: async (context) => (await import('./import-directory.ts')).importDirectory(context),
  },
  {
    name: 'import-ngshare',
    summary: 'Take over everything that ngshare holds; the source is only read.',
    details: ['As import-directory, for the database and the folder of ngshare.'],
    switches: [
      { flag: '--from-db', takes: 'URL', summary: 'The database of ngshare, as SQLAlchemy spells it.' },
      { flag: '--from-storage', takes: 'DIR', summary: 'The folder in which ngshare keeps its files.' },
      RELEASED_BY,
      INTO_ORG,
      IMPORT_DRY_RUN,
      JSON_REPORT,
    ],
    settings: 'read',
    run: async (context) => (await import('./import-ngshare.ts')).importNgshare(context),
  },
  {
    name: 'verify',
    summary: 'Look whether every row has its file, whole, and every file its row.',
    details: [
      'Reads every file and compares its size and SHA-256 with its row; runs beside the service. Exit code 3 where a file or the database is damaged.',
      'The result stands in /health/ready and /metrics until the next run.',
    ],
    switches: [
      {
        flag: '--subset',
        takes: 'SHARE',
        summary: 'Read only such a share of the files, other ones each time: 1%.',
      },
      JSON_REPORT,
    ],
    settings: 'read',
    run: async (context) => (await import('./verify.ts')).verify(context),
  },
  {
    name: 'sweep',
    summary: 'Remove files that belong to no row, after a day of grace and a week of quarantine.',
    details: [
      'Cut uploads and purged assignments leave such files. Safe beside the running service. Without --yes it only tells.',
      'Refuses to go on where more than 10 % of the files belong to no row: that is what the wrong database looks like.',
    ],
    switches: [
      { flag: '--yes', summary: 'Do it.' },
      { flag: '--force', summary: 'Also where more than 10 % of the files belong to no row.' },
      { flag: '--grace', takes: 'SPAN', summary: 'How old a file must be; 24h unless said otherwise.' },
      {
        flag: '--quarantine',
        takes: 'SPAN',
        summary: 'How long it must be known as litter; 7d unless said otherwise.',
      },
      JSON_REPORT,
    ],
    settings: 'read',
    run: async (context) => (await import('./sweep.ts')).sweep(context),
  },
  {
    name: 'backup',
    summary: 'Write the state of the database, and the files that the backup does not have yet, to a folder.',
    words: ['DIR'],
    details: [
      'Runs beside the service. Every run adds a snapshot of the database; files are immutable and kept once, so the second run is quick. The same format on every database.',
      'Exit code 3 where a file could not be copied whole.',
    ],
    switches: [JSON_REPORT],
    settings: 'read',
    run: async (context) => (await import('./backup.ts')).backup(context),
  },
  {
    name: 'restore',
    summary: 'Fill an empty database and a storage from a backup, and verify them.',
    words: ['DIR'],
    details: [
      'The database may be of another kind than the one that was backed up. The service must not run meanwhile.',
      'Exit code 3 where something is not as it was.',
    ],
    switches: [
      { flag: '--snapshot', takes: 'NAME', summary: 'Not the newest snapshot but this one.' },
      JSON_REPORT,
    ],
    settings: 'read',
    run: async (context) => (await import('./restore.ts')).restore(context),
  },
  {
    name: 'export',
    summary: 'Write a tree that people can read: organisation, course, assignment, user, timestamp.',
    words: ['DIR'],
    details: [
      'Each submission comes with its receipt and its feedback; SHA256SUMS covers everything, actions.jsonl is the log. With --student it is the evidence of one student.',
      'What no file system takes in a name is written %XX. Exit code 3 where a file is damaged.',
    ],
    switches: [PART_FLAGS.org, PART_FLAGS.course, PART_FLAGS.assignment, PART_FLAGS.student, JSON_REPORT],
    settings: 'read',
    run: async (context) => (await import('./export.ts')).exportFiles(context),
  },
  {
    name: 'stats',
    summary: 'Print how much is in each course.',
    switches: [PART_FLAGS.org, PART_FLAGS.course, JSON_REPORT],
    settings: 'read',
    run: async (context) => (await import('./stats.ts')).stats(context),
  },
  {
    name: 'audit',
    summary: 'Print the log of actions as JSON, one a line: who did what to whose work, when.',
    switches: [
      PART_FLAGS.org,
      PART_FLAGS.course,
      PART_FLAGS.assignment,
      PART_FLAGS.student,
      { flag: '--user', takes: 'NAME', summary: 'Only what this user did.' },
      { flag: '--action', takes: 'NAME', summary: 'Only this action: submitted, collected, ...' },
      { flag: '--since', takes: 'TIME', summary: 'Only from then on: 2026-01-31 or 2026-01-31 13:45.' },
      { flag: '--until', takes: 'TIME', summary: 'Only before then.' },
      { flag: '--json', summary: 'Nothing more: it always is.' },
    ],
    settings: 'read',
    run: async (context) => (await import('./audit.ts')).audit(context),
  },
  {
    name: 'purge',
    summary: 'Remove files for good whose time has come; the rows stay as evidence, with the reason.',
    details: [
      'Those are the files of assignments that were purged longer ago than the retention and, with --older-than, all submissions and feedback of that age. Without --yes it only tells.',
      'Backups keep what they have: remove those that are older than the retention yourself.',
    ],
    switches: [
      { flag: '--yes', summary: 'Do it.' },
      { flag: '--reason', takes: 'TEXT', summary: 'Why; kept with the rows. Required with --yes.' },
      {
        flag: '--retention',
        takes: 'SPAN',
        summary: 'How long a purged assignment is kept; 30d unless said otherwise.',
      },
      {
        flag: '--older-than',
        takes: 'SPAN',
        summary: 'Also submissions and feedback of this age, such as 2y.',
      },
      PART_FLAGS.org,
      PART_FLAGS.course,
      JSON_REPORT,
    ],
    settings: 'read',
    run: async (context) => (await import('./purge.ts')).purgeFiles(context),
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
    name: 'command-reference',
    summary: 'Print docs/command-line.md.',
    switches: [],
    settings: 'unused',
    run: async (context) => (await import('./command-reference.ts')).printCommandReference(context, COMMANDS),
  },
  {
    name: 'version',
    summary: 'Print the version.',
    switches: [],
    settings: 'unused',
    run: async ({ terminal }) => terminal.write(`${terminal.version}\n`),
  },
]
