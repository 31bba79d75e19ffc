import { Type } from 'typebox'
import { publicUrlComplaint, webPathComplaint } from '../checks.ts'
import { group, notes } from './notes.ts'

export const address = group('Where it answers', {
  host: Type.String(
    notes({
      was: 'ip',
      minLength: 1,
      default: '127.0.0.1',
      example: '0.0.0.0',
      description:
        'The address to listen on; `0.0.0.0` or `::` for all. Beyond loopback, a proxy in front should speak TLS.',
    }),
  ),
  port: Type.Integer(
    notes({
      minimum: 0,
      maximum: 65535,
      default: 9000,
      description: 'The port to listen on; `0` takes any that is free and logs which.',
    }),
  ),
  baseUrl: Type.String(
    notes({
      default: '/services/nbexchange/',
      example: '/exchange/',
      check: webPathComplaint,
      normalise: (path) => `/${path}/`.replace(/\/+/g, '/'),
      description: 'The path below which the service answers. Slashes at both ends are added where missing.',
    }),
  ),
  publicUrl: Type.Optional(
    Type.String(
      notes({
        example: 'https://hub.example.org/services/nbexchange/',
        defaultText: 'none: people find it where they have found it',
        check: publicUrlComplaint,
        normalise: (url) => url.replace(/\/*$/, '/'),
        description:
          'Where people find the service with their browsers: the whole address, as it is in front of all proxies. A slash at the end is added where missing. The description of the API names it, sign-in with a browser comes back to it and keeps its cookies to it, and writes that a page of its origin sends are not refused as those of another site.',
      }),
    ),
  ),
})
