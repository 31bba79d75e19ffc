/** One thing that was looked at. */
export interface Finding {
  /** What was looked at, in a word or two. */
  about: string
  ok: boolean
  /** What was found. */
  found: string
  /** What to do now; absent where all is well. */
  advice?: string
}

export function well(about: string, found: string): Finding {
  return { about, ok: true, found }
}

export function ill(about: string, found: string, advice: string): Finding {
  return { about, ok: false, found, advice }
}

/** The findings of `look`; one that fails is a finding, too. */
export async function lookedAt(
  about: string,
  advice: string,
  look: () => Promise<Finding | Finding[]>,
): Promise<Finding[]> {
  try {
    return [await look()].flat()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [ill(about, reason.replaceAll(/\s+/g, ' '), advice)]
  }
}

/** Two lines for each that is ill, one for each that is well. */
export function asText(findings: readonly Finding[]): string {
  return findings
    .map(({ about, advice, found, ok }) => {
      const line = `${ok ? 'ok  ' : 'ILL '} ${about}: ${found}\n`
      return advice === undefined ? line : `${line}     ${advice}\n`
    })
    .join('')
}
