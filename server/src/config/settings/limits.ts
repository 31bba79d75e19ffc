import { Type } from 'typebox'
import { group, notes } from './notes.ts'

export const limits = group('Limits', {
  maxBufferSize: Type.Integer(
    notes({
      unit: 'bytes',
      minimum: 1,
      default: 5_253_530_000,
      description:
        'The largest file that may be handed in or released. Files are streamed, never held in memory.',
    }),
  ),
})
