import { Type } from 'typebox'
import { bucketComplaint, endpointComplaint, pathComplaint, prefixComplaint } from '../checks.ts'
import { group, notes } from './notes.ts'

export const storage = group('Where files are kept', {
  baseStorageLocation: Type.String(
    notes({
      minLength: 1,
      default: './data/storage',
      example: '/srv/nbexchange/storage',
      check: pathComplaint,
      isPath: true,
      description:
        'The folder that holds the files of releases, submissions and feedback. A relative path counts from the working directory.',
    }),
  ),
  storage: Type.Union(
    [Type.Literal('filesystem'), Type.Literal('s3')],
    notes({
      default: 'filesystem',
      disagreement: (settings) =>
        settings.storage === 's3' && settings.s3Bucket === '' ? 'needs s3Bucket beside it' : undefined,
      description:
        'What keeps the files: a folder (`baseStorageLocation`), or a bucket of an S3-compatible server (`s3…`), which several replicas can share.',
    }),
  ),
  s3Bucket: Type.String(
    notes({
      default: '',
      example: 'exchange',
      check: bucketComplaint,
      // Otherwise somebody who forgot one word would find the files in a container that is gone tomorrow.
      disagreement: (settings) =>
        settings.s3Bucket !== '' && settings.storage !== 's3' ? "needs storage: 's3' beside it" : undefined,
      description: 'The bucket, which must exist. With `storage` `s3` it is required.',
    }),
  ),
  s3Prefix: Type.String(
    notes({
      default: '',
      example: 'courses/2027/',
      check: prefixComplaint,
      normalise: (prefix) => prefix.replace(/([^/])$/, '$1/'),
      description:
        'Stands before the name of every object, for a bucket that holds other things too. A slash at the end is added where missing.',
    }),
  ),
  s3Endpoint: Type.String(
    notes({
      alsoEnv: 'AWS_ENDPOINT_URL_S3',
      default: '',
      example: 'https://minio.example.org:9000',
      check: endpointComplaint,
      description: 'The URL of the server, for all but AWS. Empty: that of AWS for the region.',
    }),
  ),
  s3Region: Type.String(
    notes({
      alsoEnv: 'AWS_REGION',
      minLength: 1,
      default: 'us-east-1',
      example: 'eu-west-2',
      description: 'The region of the bucket. Most servers beside AWS take the default.',
    }),
  ),
  s3ForcePathStyle: Type.Boolean(
    notes({
      defaultFrom: (settings) => settings.s3Endpoint !== '',
      defaultText: '`true` where `s3Endpoint` is set, otherwise `false`',
      description:
        'Whether the bucket stands in the path of URLs (`host/bucket/key`) and not in the name of the host (`bucket.host/key`).',
    }),
  ),
  s3AccessKeyId: Type.String(
    notes({
      default: '',
      example: 'exchange',
      disagreement: (settings) =>
        settings.s3AccessKeyId !== '' && settings.s3SecretAccessKey === ''
          ? 'needs s3SecretAccessKey beside it'
          : undefined,
      description:
        'The access key. Empty: whatever the AWS SDK finds, such as `AWS_ACCESS_KEY_ID`, a web identity token or the role of the machine, renewed before it expires.',
    }),
  ),
  s3SecretAccessKey: Type.String(
    notes({
      secret: 'all',
      default: '',
      example: 'the-secret-of-the-key',
      disagreement: (settings) =>
        settings.s3SecretAccessKey !== '' && settings.s3AccessKeyId === ''
          ? 'needs s3AccessKeyId beside it'
          : undefined,
      description:
        'The secret that belongs to `s3AccessKeyId`. In a variable or a file it is safer than in a flag.',
    }),
  ),
  s3SignedDownloads: Type.Boolean(
    notes({
      default: false,
      description:
        'Whether our plugin fetches assignments and submissions straight from the store, by a URL that is good for five minutes, without credentials. Notebook servers must be able to reach `s3Endpoint`; where they cannot, they fetch through the service. Other clients never see such a URL.',
    }),
  ),
})
