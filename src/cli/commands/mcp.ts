import { serveAssistant } from '../../project/assistant/serve-assistant.ts';
import { openHere } from '../support/open-here.ts';

export async function mcpCommand({ allowRun = false }: { readonly allowRun?: boolean }) {
  await serveAssistant(openHere(), { mayRun: allowRun });
}
