// A part of a page whose run is open: asks the server whether there is news, and has it drawn again then.

const LOST_S = 2; // until the next question after an answer that did not come
const MAX_LOST_S = 15;
const HIDDEN_S = 30; // between two questions of a page that nobody sees: they say that it is open
const UNANSWERED_S = 30; // after which a drawing that was asked for is asked for again

const parts = new WeakMap();

class Part {
  constructor() {
    this.page = Math.random().toString(36).slice(2, 14);
    this.lost = 0;
    this.onSeen = () => !document.hidden && !this.asked && this.askIn(0);
    document.addEventListener("visibilitychange", this.onSeen);
  }

  /** The page has been drawn just now. */
  drawn({ data, setTriggerValue, parentElement }) {
    Object.assign(this, { data, setTriggerValue, root: parentElement, drawnAt: performance.now(), asked: false });
    this.askIn(data.first_s);
  }

  askIn(seconds) {
    clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => this.ask(), 1000 * seconds);
  }

  async ask() {
    if (this.asking || this.closed) return;
    if (!this.root.isConnected) return this.close();
    this.asking = true;
    const { data } = this;
    const age = Math.round(performance.now() - this.drawnAt);
    const query = new URLSearchParams({ seen: data.seen, age, page: this.page });
    if (document.hidden) query.set("hidden", "1");
    let wait = HIDDEN_S;
    try {
      const answer = await fetch(`${data.address}?${query}`, { cache: "no-store", signal: AbortSignal.timeout(10_000) });
      if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
      const { news, wait_s } = await answer.json();
      this.lost = 0;
      if (!document.hidden) wait = wait_s;
      if (news && data === this.data && !this.closed) {
        this.asked = true;
        this.setTriggerValue("news", age);
        wait = UNANSWERED_S;
      }
    } catch {
      wait = Math.min(MAX_LOST_S, LOST_S * 2 ** this.lost++);
    } finally {
      this.asking = false;
    }
    if (data === this.data) this.askIn(wait);
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.onSeen);
  }
}

export default function mount(component) {
  const { parentElement } = component;
  let part = parts.get(parentElement);
  if (!part || part.closed) parts.set(parentElement, (part = new Part()));
  part.drawn(component);
  return () => part.close();
}
