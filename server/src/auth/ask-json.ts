/** Nobody needs more to say who somebody is. */
const LONGEST = 1024 * 1024

/**
 * GETs a URL; answers its status and, where that is 200, its JSON. Throws where there is no answer in time (milliseconds), a redirect,
 * or a body that is too long or no JSON.
 */
export async function askJson(
  url: string | URL,
  { headers, timeout }: { headers: Headers; timeout: number },
): Promise<{ status: number; body: unknown }> {
  headers.set('accept', 'application/json')
  const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(timeout) })
  if (response.status !== 200) {
    await response.body?.cancel()
    return { status: response.status, body: undefined }
  }
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > LONGEST) throw new Error(`${new URL(url).origin} sent more than ${LONGEST} characters`)
  }
  return { status: 200, body: JSON.parse(text) as unknown }
}
