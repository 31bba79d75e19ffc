import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, untilReady } from '../../server/test/servers/debian.ts'
import { cleanUpLater } from '../../torture/clean-up.ts'
import { needPrograms } from '../../torture/programs.ts'
import type { Running } from './running.ts'

/** nginx over `folder`: `GET` by sendfile of what lies in it, `PUT` by its WebDAV module, which does not fsync. */
export async function startNginx(folder: string): Promise<Running> {
  needPrograms({ nginx: 'nginx' })
  mkdirSync(join(folder, 'files'), { recursive: true })
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration(folder, port))
  const child = spawn('nginx', ['-p', folder, '-c', file, '-e', join(folder, 'error.log')], {
    stdio: 'inherit',
  })
  const stop = () => void child.kill('SIGTERM')
  cleanUpLater(stop)
  if (child.pid === undefined) throw new Error('nginx cannot be started')
  const url = `http://127.0.0.1:${port}/`
  await untilReady(() => fetch(url))
  return { url, pid: child.pid, stop }
}

/** The folder must be readable to nginx, which runs its workers as ourselves here. */
function configuration(folder: string, port: number): string {
  return `
daemon off;
worker_processes 2;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  client_max_body_size 0;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port};
    root ${folder}/files;
    dav_methods PUT;
  }
}
`
}
