import { chmod, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { testDamage } from './damage/never-good.ts'

testDamage('a folder', async (folder) => {
  const root = join(folder, 'storage')
  return {
    settings: { NBEX_BASE_STORAGE_LOCATION: root },
    shelf: {
      read: (key) => readFile(join(root, key)),
      async write(key, bytes) {
        // What was stored may not be written to.
        await chmod(join(root, key), 0o600)
        await writeFile(join(root, key), bytes)
      },
      remove: (key) => unlink(join(root, key)),
    },
  }
})
