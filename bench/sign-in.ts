import { COURSE, type Who } from './faces.ts'

/** Headers from a JSON object in which {name}, {role} and {course} stand for those of whoever asks. */
export function headersFrom(template: string): (who: Who) => Record<string, string> {
  return (who) =>
    JSON.parse(
      template.replaceAll('{name}', who.name).replaceAll('{role}', who.role).replaceAll('{course}', COURSE),
    ) as Record<string, string>
}
