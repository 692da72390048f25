"use strict";
(() => {
  // Until the map stands, and if it fails, the drawn maps stay in view.
  const page = document.documentElement;
  const item = JSON.parse(document.getElementById("hot-spot-item").textContent);
  page.classList.add("scripted");
  Bokeh.embed.embed_item(item, "hot-spot-map").then(() => {
    const drawing = Bokeh.documents[0];
    const choice = document.getElementById("map-choice");
    const show = () => {
      for (const option of choice.options) {
        for (const layer of ["shape", "mark", "rank"]) {
          drawing.get_model_by_name(`${option.value}-${layer}`).visible = option.selected;
        }
      }
    };
    choice.addEventListener("change", show);
    show();
    page.classList.add("map-ready");
  }).catch((error) => {
    page.classList.remove("scripted");
    throw error;
  });
})();
