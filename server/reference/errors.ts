import { STATUS, STATUS_OF_REASON } from '../src/http/errors.ts'
import { type ErrorCode, REASONS, type Reason } from '../src/reasons.ts'

const HEAD = `# Errors

Written by \`npm run reference\` from the one list in the code. What to do about each code stands in [the API](api.md#errors).

Every refusal, on both faces, carries \`code\`, \`reason\`, \`params\` and \`message\`:

\`\`\`json
{
  "code": "not_found", "reason": "no_assignment", "params": { "course": "bio", "assignment": "ps1" },
  "message": "Course bio has no assignment ps1."
}
\`\`\`

Codes and reasons are stable, the words of a message are not. A message is made of its reason and params alone: in the tables they stand
in braces, and nothing else varies. A param is a text, a number or a list of texts; bytes and seconds are numbers.

Programs find the same list in [openapi.json](openapi.json): \`x-reasons\` of the property \`reason\` of \`Error\`.
`

/** `docs/errors.md`: every code with its reasons. */
export function errorsReference(): string {
  const sections = Object.entries(REASONS).map(([code, reasons]) => {
    const rows = Object.entries(reasons).map(
      ([reason, message]) => `| \`${reason}\`${ownStatus(reason as Reason)} | ${message} |`,
    )
    const head = `## ${code} (${STATUS[code as ErrorCode]})`
    return `\n${head}\n\n| reason | message |\n|---|---|\n${rows.join('\n')}\n`
  })
  return HEAD + sections.join('')
}

function ownStatus(reason: Reason): string {
  const status = STATUS_OF_REASON[reason]
  return status === undefined ? '' : ` (${status})`
}
