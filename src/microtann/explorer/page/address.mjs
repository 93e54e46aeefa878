// What a page around this one asks for in its address: behind # stand "front", to be its picture, and "theme=dark".

export function obeyAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const root = document.documentElement;
  root.toggleAttribute("data-front", asked.has("front"));
  if (["light", "dark"].includes(asked.get("theme"))) root.dataset.theme = asked.get("theme");
}
