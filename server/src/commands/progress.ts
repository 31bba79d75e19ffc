import type { Terminal } from './command.ts'

/** Tells a person how far a long command is: a bar on a terminal, a line now and then elsewhere. On standard error. */
export interface Progress {
  /** Begins to count to `total`; null where nobody knows how far it is. */
  begin(what: string, total: number | null): void
  step(count?: number): void
  end(): void
}

const BAR = 24
const REDRAW_MS = 100
const LINE_MS = 10_000

export function progressOn(terminal: Terminal): Progress {
  const { columns } = terminal
  let now = { what: '', total: null as number | null, done: 0, shownAt: 0, drawn: false }
  const show = () => {
    now.shownAt = Date.now()
    const text = textOf(now, columns !== null)
    if (columns === null) return terminal.writeError(`${text}\n`)
    now.drawn = true
    terminal.writeError(`\r\u001b[K${text.slice(0, columns - 1)}`)
  }
  const finish = () => {
    if (columns === null || !now.drawn) return
    show()
    terminal.writeError('\n')
    now.drawn = false
  }
  return {
    begin(what, total) {
      finish()
      now = { what, total, done: 0, shownAt: columns === null ? Date.now() : 0, drawn: false }
    },
    step(count = 1) {
      now.done += count
      const pause = columns === null ? LINE_MS : REDRAW_MS
      if (Date.now() - now.shownAt >= pause) show()
    },
    end: finish,
  }
}

function textOf(
  { done, total, what }: { what: string; total: number | null; done: number },
  bar: boolean,
): string {
  if (total === null) return `${what}: ${done}`
  const share = total === 0 ? 1 : Math.min(done / total, 1)
  const percent = `${Math.floor(share * 100)}%`.padStart(4)
  const count = `${what}: ${done} of ${total}`
  if (!bar) return `${count} (${percent.trim()})`
  const full = Math.round(share * BAR)
  return `${'█'.repeat(full)}${'·'.repeat(BAR - full)} ${percent}  ${count}`
}
