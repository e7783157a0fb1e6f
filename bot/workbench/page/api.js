/** Talks to the workbench's server: plain JSON posts, and the live stream that resyncs from the full state at every connection. */

async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const parsed = await answer.json().catch(() => null);
    return parsed ?? { ok: false, error: `http_${answer.status}` };
  } catch {
    return { ok: false, error: "workbench_unreachable" };
  }
}

export const api = {
  message: (body) => post("/workbench/message", body),
  command: (body) => post("/workbench/command", body),
  action: (body) => post("/workbench/action", body),
  shortcut: (body) => post("/workbench/shortcut", body),
  suggest: (body) => post("/workbench/suggest", body),
  submit: (body) => post("/workbench/submit", body),
  close: (body) => post("/workbench/close", body),
  home: (body) => post("/workbench/home", body),
  async state() {
    const answer = await fetch("/workbench/state", { cache: "no-store" });
    if (!answer.ok) throw new Error(`state answered ${answer.status}`);
    return answer.json();
  },
};

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;

/** One connection. Changes that arrive while the full state is on its way wait for it, so none is lost or applied to older ground. */
function session({ onState, onChange, onStatus }, ended) {
  const address = new URL("/workbench/live", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address);
  let waiting = [];
  async function resync() {
    waiting = waiting ?? [];
    try {
      onState(await api.state());
    } catch {
      socket.close();
      return;
    }
    const changes = waiting;
    waiting = null;
    changes.forEach(onChange);
    onStatus("live");
  }
  socket.addEventListener("message", ({ data }) => {
    const change = JSON.parse(data);
    if (change.type === "hello" || change.type === "reset") resync();
    else if (waiting) waiting.push(change);
    else onChange(change);
  });
  socket.addEventListener("close", ended);
}

/** Keeps the live stream open for as long as the page lives. */
export function live(listeners) {
  let wait = FIRST_WAIT_MS;
  const open = () =>
    session(
      {
        ...listeners,
        onStatus: (status) => {
          wait = FIRST_WAIT_MS;
          listeners.onStatus(status);
        },
      },
      () => {
        listeners.onStatus("lost");
        setTimeout(open, wait);
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      },
    );
  open();
}
