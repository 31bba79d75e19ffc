import type { FastifyInstance } from 'fastify'
import { requireReleased, submit } from '../../exchange/submissions.ts'
import { toReceiptBody } from '../api/schemas/submissions.ts'
import { identify } from '../identity.ts'
import { multipartUpload } from '../multipart.ts'
import type { HttpOptions } from '../options.ts'
import { stillAuthorised } from '../session.ts'
import { required, requireFile } from './parameters.ts'
import { legacyMember } from './session.ts'

export function legacySubmissionRoutes(app: FastifyInstance, options: HttpOptions): void {
  const { exchange, userPlugin } = options

  app.post('/submission', async (request) => {
    const receivedAt = exchange.now()
    await identify(request, userPlugin)
    const form = await multipartUpload(request, {
      fileField: 'assignment',
      maxBytes: options.settings.maxBufferSize,
    })
    const { assignment_id, course_id } = required(form.field, ['course_id', 'assignment_id'])
    const member = await legacyMember(request, options, course_id)
    await requireReleased(exchange, member, assignment_id)
    const { receipt } = await submit(exchange, member, {
      assignmentCode: assignment_id,
      upload: stillAuthorised(requireFile(form.upload), { request, options, member }),
      receivedAt,
      notebooks: () => [],
      timestamp: form.field('timestamp'),
    })
    return { success: true, note: `Submitted ${assignment_id}`, receipt: toReceiptBody(receipt) }
  })
}
