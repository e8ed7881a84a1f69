// Keeps the page current: when the log grows, the parts marked data-live are fetched again and exchanged.
// A part in which somebody is typing or has typed is left alone. Without this file everything still works.
(() => {
  "use strict";
  const says = document.getElementById("live");
  let waiting = null;
  let fetching = false;
  let again = false;

  const isTouched = (part) =>
    part.contains(document.activeElement) && document.activeElement !== document.body
      ? document.activeElement.matches("input, textarea, select")
      : [...part.querySelectorAll("input, textarea")].some(
          (field) => field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);

  const exchange = (fresh) => {
    for (const part of document.querySelectorAll("[data-live]")) {
      const name = part.dataset.live;
      const other = fresh.querySelector(`[data-live="${CSS.escape(name)}"]`);
      if (!other) continue;
      part.className = other.className;
      if (other.innerHTML === part.innerHTML || isTouched(part)) continue;
      const scrolled = [...part.querySelectorAll("pre.output")].map((pre) => pre.scrollHeight - pre.scrollTop - pre.clientHeight < 8);
      const opened = [...part.querySelectorAll("details")].map((box) => box.open && box.querySelector("summary").textContent);
      part.replaceChildren(...other.childNodes);
      for (const box of part.querySelectorAll("details")) {
        if (opened.includes(box.querySelector("summary").textContent)) box.open = true;
      }
      part.querySelectorAll("pre.output").forEach((pre, at) => { if (scrolled[at] !== false) pre.scrollTop = pre.scrollHeight; });
    }
  };

  const refresh = async () => {
    waiting = null;
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
      if (answer.ok) exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { /* The stream says when the connection is back. */ }
    fetching = false;
    if (again) { again = false; soon(); }
  };

  const soon = () => { waiting ??= setTimeout(refresh, 150); };

  // A page that answers a refused form has no address of its own to be fetched from.
  if (document.querySelector(".refusal[role=alert]")) return;
  const log = new EventSource("/api/v1/events/follow");
  log.onopen = () => { says.textContent = " · live"; soon(); };
  log.onerror = () => {
    says.textContent = log.readyState === EventSource.CLOSED ? " · not live: reload the page" : " · reconnecting…";
  };
  log.onmessage = soon;

  const run = location.pathname.match(/^\/runs\/([\w-]+)$/);
  if (run && document.querySelector("[data-live=control][data-open]")) {
    const output = new EventSource(`/api/v1/runs/${run[1]}/follow`);
    output.addEventListener("output", soon);
    output.addEventListener("end", () => output.close());
  }
})();
