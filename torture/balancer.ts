import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, untilReady } from '../server/test/servers/debian.ts'
import { cleanUpLater } from './clean-up.ts'
import { scratchFolder } from './scratch.ts'

/** A plain nginx before services on these ports of this machine, as docs/deploying.md tells to set it up. */
export async function startBalancer(
  ports: readonly number[],
): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = scratchFolder()
  mkdirSync(join(folder, 'temp'))
  const port = await freePort()
  const config = join(folder, 'nginx.conf')
  writeFileSync(config, configuration({ folder, port, ports }))
  const child = spawn('nginx', ['-c', config, '-p', folder, '-e', join(folder, 'error.log')], {
    stdio: 'ignore',
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
  })
  cleanUpLater(() => child.kill('SIGKILL'))
  await untilReady(() => fetch(`http://127.0.0.1:${port}/`))
  return {
    url: `http://127.0.0.1:${port}/services/nbexchange/`,
    async stop() {
      const gone = once(child, 'exit')
      child.kill('SIGQUIT')
      await gone
    },
  }
}

interface Wiring {
  folder: string
  port: number
  ports: readonly number[]
}

function configuration({ folder, port, ports }: Wiring): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
pid ${folder}/nginx.pid;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/temp/${name};`).join('\n  ')}
  upstream exchange {
    ${ports.map((each) => `server 127.0.0.1:${each} max_fails=0;`).join('\n    ')}
    keepalive 32;
  }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 0;
    location /services/nbexchange/ {
      proxy_pass http://exchange;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_connect_timeout 2s;
      proxy_read_timeout 300s;
    }
  }
}
`
}
