import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { formatDiagnostics } from '../../engine/diagnostics/format-diagnostic.ts';
import { packageRoot } from '../../package-root.ts';
import { isForUser, UsageError, UserError } from '../../user-error.ts';
import { OpenedProject } from '../opened-project.ts';
import { version } from '../package-info.ts';
import { PipelineError } from '../pipeline-error.ts';
import { type AssistantTool, assistantTools } from './assistant-tools.ts';

const sdk = '@modelcontextprotocol/sdk';

/** The parts of the SDK that are used here. */
interface Sdk {
  readonly Server: new (
    info: { readonly name: string; readonly version: string },
    options: object,
  ) => Server;
  readonly StdioServerTransport: new () => object;
  readonly ListToolsRequestSchema: object;
  readonly CallToolRequestSchema: object;
}
interface Server {
  setRequestHandler(schema: object, handler: (request: Request) => Promise<object>): void;
  connect(transport: object): Promise<void>;
  onclose?: () => void;
}
interface Request {
  readonly params?: { readonly name?: string; readonly arguments?: object };
}

/**
 * Serves the tools of a project to an assistant, by the Model Context Protocol over standard input
 * and output, until the input ends. Without `mayRun` nothing that it does writes.
 */
export async function serveAssistant(
  { root, folder, env, warn }: OpenedProject,
  { mayRun }: { readonly mayRun: boolean },
): Promise<void> {
  const { Server, StdioServerTransport, ListToolsRequestSchema, CallToolRequestSchema } =
    loadSdk(root);
  const tools = Object.entries(assistantTools).filter(([, { writes }]) => mayRun || !writes);
  const server = new Server({ name: 'restage', version }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, async () => ({
    tools: tools.map(([name, tool]) => describe(name, tool)),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params = {} }) => {
    const [, tool] = tools.find(([name]) => name === params.name) ?? [];
    if (tool === undefined) return failure(`There is no tool "${params.name}".`);
    // Files may have changed since the last question, so each opens the project anew.
    await using project = new OpenedProject(folder, { env, onWarning: warn });
    return await call(tool, project, params.arguments ?? {});
  });
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
    process.stdin.once('end', resolve);
  });
  await server.connect(new StdioServerTransport());
  await closed;
}

const describe = (name: string, { description, input, writes }: AssistantTool) => ({
  name,
  description,
  inputSchema: z.toJSONSchema(input, { io: 'input' }),
  annotations: { readOnlyHint: !writes, destructiveHint: false, openWorldHint: false },
});

async function call(tool: AssistantTool, project: OpenedProject, given: object): Promise<object> {
  const read = tool.input.safeParse(given);
  if (!read.success) return failure(z.prettifyError(read.error));
  try {
    const answer = await tool.answer(project, read.data as never);
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer, undefined, 1);
    return { content: [{ type: 'text', text }] };
  } catch (error) {
    if (error instanceof PipelineError) return failure(formatDiagnostics(error.mistakes, false));
    if (!isForUser(error)) throw error;
    return failure(error.message);
  }
}

const failure = (text: string) => ({ isError: true, content: [{ type: 'text', text }] });

/** The SDK, of the project or beside Restage. Throws a {@link UsageError} where it is missing. */
function loadSdk(root: string): Sdk {
  for (const folder of [root, packageRoot]) {
    const require = createRequire(join(folder, 'package.json'));
    try {
      return {
        ...require(`${sdk}/server/index.js`),
        ...require(`${sdk}/server/stdio.js`),
        ...require(`${sdk}/types.js`),
      } as Sdk;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'MODULE_NOT_FOUND') throw new UserError(`${sdk} does not load: ${message}`);
    }
  }
  throw new UsageError(`\`restage mcp\` needs a package that is not installed: npm install ${sdk}`);
}
