import type { Table } from '../../tables.ts'

/** What moving in and keeping house must remember. */
export const HOUSE: readonly Table[] = [
  {
    name: 'imported',
    columns: { id: 'ascii', state: 'ascii', at: 'big' },
    primaryKey: ['id'],
  },
  {
    name: 'quarantine',
    columns: { file_key: 'ascii', since: 'big' },
    primaryKey: ['file_key'],
  },
  {
    name: 'erasures',
    columns: { file_id: 'ascii', org_id: 'org', kind: 'ascii', size: 'big', at: 'big', reason: 'text' },
    primaryKey: ['file_id'],
  },
  {
    name: 'chores',
    columns: { id: 'id', name: 'ascii', at: 'big', clean: 'number', report: 'text' },
    indexes: { chores_by_name: ['name', 'id'] },
  },
]
