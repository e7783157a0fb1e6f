/** The dialog that asks before an act, from Block Kit's confirm object. */
import { h, uid } from "./dom.js";
import { textNodes, words } from "./text/index.js";

/** Asks; resolves to true only when the person agrees. `names` resolves ids in the text. */
export function confirm({ title, text, confirm: yes, deny: no, style }, names) {
  return new Promise((resolve) => {
    const label = uid("confirm");
    const done = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const dialog = h(
      "dialog",
      {
        class: "dialog dialog-small",
        role: "alertdialog",
        aria: { labelledby: label },
        on: {
          cancel: (event) => {
            event.preventDefault();
            done(false);
          },
        },
      },
      h("h2", { id: label, class: "dialog-title" }, words(title) || "Are you sure?"),
      h("div", { class: "dialog-body text" }, textNodes(text, names)),
      h(
        "footer",
        { class: "dialog-foot" },
        h("button", { type: "button", class: "button", on: { click: () => done(false) } }, words(no) || "Cancel"),
        h(
          "button",
          {
            type: "button",
            class: `button button-${style === "danger" ? "danger" : "primary"}`,
            autofocus: true,
            on: { click: () => done(true) },
          },
          words(yes) || "Yes",
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
