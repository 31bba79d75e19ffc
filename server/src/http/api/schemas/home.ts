import { Type } from 'typebox'
import { FEATURES } from '../../../features.ts'

export const ServiceBody = Type.Object(
  {
    version: Type.String({ description: 'Of the service', examples: ['0.1.0'] }),
    features: Type.Array(Type.String(), {
      description: 'What this service can do: a client asks here before it uses what older ones lack',
      examples: [FEATURES],
    }),
  },
  { $id: 'Service', description: 'Which service this is' },
)
