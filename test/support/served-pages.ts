import type { Project, Running } from './rig.ts';

/** The pages of a project, as `restage serve` shows them. It ends with the project. */
export class ServedPages {
  readonly #server: Running;
  readonly #address: Promise<URL>;

  constructor(project: Project) {
    this.#server = project.start('serve', '--port', '0');
    this.#address = new Promise((resolve) => {
      let printed = '';
      this.#server.child.stderr!.on('data', (text: string) => {
        printed += text;
        const address = /^Open {2}(\S+)$/m.exec(printed)?.[1];
        if (address !== undefined) resolve(new URL(address));
      });
    });
  }

  /** An answer's status and text. */
  async ask(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const address = await this.#address;
    const token = address.searchParams.get('token')!;
    const cookie = `restage-${address.port}=${token}`;
    const answer = await fetch(new URL(path, address), { headers: { cookie } });
    return { status: answer.status, text: await answer.text() };
  }

  async get(path: string): Promise<string> {
    return (await this.ask(path)).text;
  }
}
