/** The table of Block Kit's elements: what draws each type inside actions, sections, inputs and context. */
import { h } from "../dom.js";
import { safeUrl } from "../text/inline.js";
import { button, feedback, overflow } from "./press.js";
import { checkboxes, radios } from "./choose.js";
import { externalSelect, multiSelect, select } from "./select.js";
import { dateTimePicker, textInput, timed } from "./write.js";

/** A picture that a block refers to; one that cannot be shown leaves its description. */
export function picture({ image_url: url, alt_text: alt = "" }, kind) {
  const address = safeUrl(url ?? "");
  const missing = () => h("span", { class: `${kind} picture-missing`, role: "img", aria: { label: alt } }, alt);
  if (!address) return missing();
  const image = h("img", { class: kind, src: address, alt, loading: "lazy", referrerpolicy: "no-referrer" });
  image.addEventListener("error", () => image.replaceWith(missing()));
  return image;
}

const ELEMENTS = {
  button,
  workflow_button: button,
  icon_button: button,
  feedback_buttons: feedback,
  overflow,
  image: (element) => picture(element, "picture-small"),
  static_select: select,
  users_select: select,
  channels_select: select,
  conversations_select: select,
  external_select: externalSelect,
  multi_static_select: multiSelect,
  multi_users_select: multiSelect,
  multi_channels_select: multiSelect,
  multi_conversations_select: multiSelect,
  checkboxes,
  radio_buttons: radios,
  plain_text_input: textInput,
  rich_text_input: textInput,
  email_text_input: textInput,
  url_text_input: textInput,
  number_input: textInput,
  datepicker: timed,
  timepicker: timed,
  datetimepicker: dateTimePicker,
};

const unknown = (element) => h("span", { class: "unknown-element" }, `${element?.type ?? "element"} is not shown here`);

/** The node of one element. `block` is the block it sits in; `ctx` is the interaction context of blocks/index.js. */
export function element(spec, block, ctx) {
  return (ELEMENTS[spec?.type] ?? unknown)(spec, block, ctx);
}
