import { Type } from 'typebox'
import { builtInUserPlugins } from '../../auth/index.ts'
import { cidrComplaint } from '../checks.ts'
import { group, notes } from './notes.ts'

export const signIn = group('Who may sign in', {
  userPlugin: Type.String(
    notes({
      was: 'user_plugin_class',
      minLength: 1,
      example: 'proxy-header',
      description: `Who may sign in: a built-in (\`${builtInUserPlugins.join('`, `')}\`), a file beside the config (\`./my-plugin.ts\`), or an npm package. There is no default, so that nobody is let in by accident.`,
      missing:
        "is required: write 'jupyterhub', 'jwt' or 'remote' (docs/sign-in says which), 'proxy-header' (a trusted proxy signs people in), 'demo' (fixed users, loopback only), a file such as './my-plugin.ts', or the name of an npm package",
    }),
  ),
  userPluginOptions: Type.Record(
    Type.String(),
    Type.Unknown(),
    notes({
      secret: 'values',
      default: {},
      example: { header: 'X-User' },
      description: 'Handed to the user plugin as they are; the plugin says what it takes.',
    }),
  ),
  trustedProxies: Type.Array(
    Type.String(),
    notes({
      default: ['127.0.0.0/8', '::1'],
      example: ['10.0.0.0/8', 'fd00::7'],
      check: cidrComplaint,
      description:
        'Addresses and networks (CIDR) whose headers are believed: only they may say who a user is or where a request came from.',
    }),
  ),
  instructorRoles: Type.Array(
    Type.String({ minLength: 1 }),
    notes({
      minItems: 1,
      default: ['Instructor'],
      example: ['Instructor', 'TA'],
      description: 'The course roles that teach. Every other role is a student.',
    }),
  ),
})
