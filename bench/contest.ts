/** One of the things that are compared: a face of the service, a roof, another exchange. */
export interface Contestant {
  name: string
  /** One run. Columns by their headings. */
  run(): Promise<Record<string, number>>
}

/** The figures of one contestant: for each column one value a run. */
export interface Row {
  name: string
  figures: Record<string, number[]>
}

export interface Rounds {
  warmups: number
  runs: number
}

/** For what takes minutes: three runs at most, and no warm-up. */
export function fewer(rounds: Rounds): Rounds {
  return { warmups: 0, runs: Math.min(3, rounds.runs) }
}

/**
 * Lets the contestants run in turn, again and again, so that what else happens on the machine meets all of them;
 * the warm-up is thrown away.
 */
export async function contest(contestants: readonly Contestant[], rounds: Rounds): Promise<Row[]> {
  const rows = contestants.map(({ name }): Row => ({ name, figures: {} }))
  for (let round = -rounds.warmups; round < rounds.runs; round++) {
    for (const [index, contestant] of contestants.entries()) {
      const measured = await contestant.run()
      const figures = rows[index]?.figures
      if (round < 0 || !figures) continue
      for (const [column, value] of Object.entries(measured)) {
        figures[column] = [...(figures[column] ?? []), value]
      }
    }
  }
  return rows
}
