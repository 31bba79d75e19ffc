/** How to reach a database server; times in milliseconds. */
export interface ServerOptions {
  host: string
  port: number | undefined
  database: string
  user: string | undefined
  password: string | undefined
  sslMode: 'disable' | 'require' | 'verify-ca' | 'verify-full'
  /** Path of a PEM file with the certificates that are believed. */
  sslCa: string | undefined
  /** Connections at the most. */
  poolSize: number
  connectTimeout: number
  statementTimeout: number
}
