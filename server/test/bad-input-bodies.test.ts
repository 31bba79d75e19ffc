import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, ask, expectNothingStored, newWorld, refusalOf, type World } from './bad-input.ts'
import { signInOf } from './role-matrix.ts'

const PS1 = 'api/v1/courses/bio/assignments/ps1'
let world: World

beforeAll(async () => {
  world = await newWorld()
})
afterAll(() => world.service.close())

describe('a batch of feedback', () => {
  const batch = (form: FormData | Buffer, headers = {}): Promise<Answer> =>
    ask(world.service, { who: signInOf('ina'), method: 'POST', path: `${PS1}/feedback`, body: form, headers })
  const file = (name: string) => {
    const form = new FormData()
    form.append(name, new Blob(['<p>']), 'f.html')
    return form
  }

  test('whose files are not named student/timestamp/notebook is refused', async () => {
    await expectNothingStored(world.service, async () => {
      for (const name of [
        'x',
        'a/b',
        'a/b/c/d',
        '//',
        'a//c',
        'sam/%zz/p1',
        'sam/%FF/p1',
        'a%00b/t/p1',
        `${'x'.repeat(500)}/t/n`,
      ]) {
        expect([name, refusalOf(await batch(file(name)))]).toEqual([name, '400 invalid'])
      }
    })
  })

  test('that is no form, a broken one, or has no files stores nothing', async () => {
    const type = { 'content-type': 'multipart/form-data; boundary=b' }
    await expectNothingStored(world.service, async () => {
      expect(refusalOf(await batch(Buffer.from('x')))).toBe('415 unsupported')
      expect(refusalOf(await batch(Buffer.from('x'), { 'content-type': 'text/html' }))).toBe(
        '415 unsupported',
      )
      const cut = '--b\r\nContent-Disposition: form-data; name="sam/2020-01-01/p1"; filename="a"\r\n\r\n<p>'
      expect(refusalOf(await batch(Buffer.from(cut), type))).toBe('400 invalid')
      expect((await batch(Buffer.from('--b--\r\n'), type)).json).toEqual({ results: [] })
      expect((await batch(new FormData())).status).toBeLessThan(500)
    })
  })

  test('says for each file what is wrong with it', async () => {
    const at = encodeURIComponent(String(world.places.timestamp))
    const codes = async (name: string) => {
      const { results } = (await batch(file(name))).json as { results: { code: string }[] }
      return results.map(({ code }) => code)
    }
    await expectNothingStored(world.service, async () => {
      expect(await codes(`nobody/${at}/p1`)).toEqual(['not_found'])
      expect(await codes('sam/yesterday/p1')).toEqual(['invalid'])
      expect(await codes(`sam/${at}/a%2Fb`)).toEqual(['invalid'])
      expect(await codes(`cleo/${at}/p1`)).toEqual(['not_found'])
    })
  })
})

describe('a purge', () => {
  test.each([
    '',
    '{',
    '[]',
    'null',
    '"ps1"',
    '{"assignment_id":"ps"}',
    '{"assignment_id":["ps2"]}',
    '{"__proto__":{"assignment_id":"ps1"}}',
    `{"x":"${'x'.repeat(70_000)}"}`,
  ])('that says %s is refused', async (body) => {
    await expectNothingStored(world.service, async () => {
      const headers = { 'content-type': 'application/json' }
      const answer = await ask(world.service, {
        who: signInOf('ina'),
        method: 'POST',
        path: `${PS1}/purge`,
        body,
        headers,
      })
      expect(refusalOf(answer)).toMatch(body.length > 65_000 ? '413 too_large' : '400 invalid')
    })
  })
})
