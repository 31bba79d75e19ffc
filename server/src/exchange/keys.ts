/** What a stored file is, which is also its folder. */
export type FileKind = 'released' | 'submitted' | 'feedback'

/**
 * Where a file lives: `<org>/<kind>/<2 hex>/<id>`. Made from numbers of ours only; what belongs to whom
 * stands in SQL.
 */
export function fileKey(file: { orgId: number; kind: FileKind; id: string }): string {
  return `${file.orgId}/${file.kind}/${file.id.slice(0, 2)}/${file.id}`
}
