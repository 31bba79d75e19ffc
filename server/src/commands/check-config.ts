import { masked } from '../config/mask.ts'
import { SETTINGS } from '../config/schema.ts'
import type { CommandContext } from './command.ts'

/** Prints `key = value  (source)` for every setting, or one JSON object with `--json`; secrets are masked, `null` is what nobody has set. */
export async function checkConfig({ loadConfig, switches, terminal }: CommandContext): Promise<void> {
  const { config, sources } = await loadConfig()
  const rows = SETTINGS.map((setting) => {
    const { key } = setting
    return { key, value: masked(setting, config[key]) ?? null, source: sources[key] }
  })
  if (switches.has('--json')) {
    const object = Object.fromEntries(rows.map(({ key, value, source }) => [key, { value, source }]))
    terminal.write(`${JSON.stringify(object, null, 2)}\n`)
    return
  }
  const texts = rows.map(({ value }) => JSON.stringify(value))
  const keyWidth = Math.max(...rows.map(({ key }) => key.length))
  const valueWidth = Math.max(...texts.map((text) => text.length))
  for (const [at, { key, source }] of rows.entries()) {
    terminal.write(`${key.padEnd(keyWidth)} = ${texts[at]?.padEnd(valueWidth)}  (${source})\n`)
  }
}
