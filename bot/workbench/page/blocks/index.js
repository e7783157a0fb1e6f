/** The table of Block Kit's blocks: one small renderer a type. Renderers take (block, ctx), where ctx is
 * {state, me, names, form, act(block, element, answer, control), errors, surface}. */
import { h } from "../dom.js";
import { markdown } from "../text/markdown.js";
import { alert, card, carousel, container } from "./card.js";
import { chart } from "./chart.js";
import { dataTable } from "./data_table.js";
import { input } from "./input.js";
import { actions, context, divider, header, image, section } from "./layout.js";
import { richText } from "./rich_text.js";
import { table } from "./table.js";

const BLOCKS = {
  header,
  section,
  context,
  divider,
  image,
  actions,
  context_actions: actions,
  input,
  rich_text: richText,
  markdown: (block) => h("div", { class: "text markdown" }, markdown(block.text ?? "")),
  table,
  data_table: dataTable,
  data_visualization: chart,
  card,
  carousel: (block, ctx) => carousel(block, ctx, blockNode),
  container: (block, ctx) => container(block, ctx, blockNode),
  alert,
};

/** A type that is not known is named instead of left out, so that nobody misses a part of a message without knowing. */
const unknown = (block) =>
  h(
    "div",
    { class: "unknown" },
    h("strong", {}, block?.type ?? "block"),
    " is not drawn by the workbench. Slack may show it.",
  );

/** A block that breaks its own renderer must not take the rest of the message with it. */
function draw(block, ctx) {
  try {
    return (BLOCKS[block?.type] ?? unknown)(block, ctx);
  } catch (problem) {
    console.error("block cannot be drawn", block, problem);
    return h("div", { class: "unknown" }, h("strong", {}, block?.type ?? "block"), " cannot be drawn as it is.");
  }
}

function blockNode(block, ctx) {
  return h(
    "div",
    { class: `block block-${block?.type}`, data: { block: block?.type, blockId: block?.block_id } },
    draw(block, ctx),
  );
}

/** The nodes of a list of blocks. */
export function blockNodes(blocks, ctx) {
  return h(
    "div",
    { class: "blocks" },
    (blocks ?? []).map((block) => blockNode(block, ctx)),
  );
}
