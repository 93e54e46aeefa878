// The material at the top of the site has the theme of the site around it.
const touched = document.querySelector("iframe.touched");
if (touched) {
  const follow = () => {
    const theme = document.body.dataset.mdColorScheme === "slate" ? "dark" : "light";
    const wanted = `${touched.getAttribute("src").split("#")[0]}#front&theme=${theme}`;
    if (touched.getAttribute("src") !== wanted) touched.setAttribute("src", wanted);
  };
  new MutationObserver(follow).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  follow();
}
