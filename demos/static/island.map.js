// The map of the island: Leaflet draws, the server says where the shore and the stations are. What
// a person does to it is sent by the forms of the page, as if they had been filled in by hand.
import "./vendor/leaflet.js";

const { L } = window;

/** Fill a form in. */
function fill(id, values) {
  const { elements } = document.getElementById(id);
  for (const name in values) elements[name].value = values[name];
  return elements;
}

document.addEventListener("htealeaf:mount", ({ target, detail }) => {
  if (target.id !== "map") return;
  target.replaceChildren();
  const map = L.map(target, {
    crs: L.CRS.Simple,
    attributionControl: false,
    scrollWheelZoom: false,
    zoomSnap: 0.1,
    minZoom: 0,
    maxZoom: 5,
  });
  map.fitBounds([[2, 2], [58, 98]]);
  L.polygon(JSON.parse(detail.shore), { className: "shore", interactive: false, smoothFactor: 0 }).addTo(map);
  map.on("click", ({ latlng: { lat, lng } }) => {
    document.getElementById("new").open = true;
    fill("place", { x: Math.round(lng), y: Math.round(lat) }).name.focus();
  });

  const pins = new Map();
  const show = (stations) => {
    const known = new Set(stations.map(([id]) => id));
    for (const [id, pin] of pins)
      if (!known.has(id)) {
        pin.remove();
        pins.delete(id);
      }
    for (const [id, title, ...at] of stations) {
      if (!pins.has(id)) {
        const icon = L.divIcon({ className: "pin", iconSize: [28, 28] });
        const pin = L.marker(at, { icon, title, draggable: true, autoPan: true }).addTo(map);
        pin.bindTooltip(title, { permanent: true, direction: "right", offset: [12, 0] });
        pin.on("dragend", () => {
          const { lat, lng } = pin.getLatLng();
          const kept = (most, n) => Math.min(most, Math.max(0, Math.round(n)));
          fill("move", { station: id, x: kept(100, lng), y: kept(60, lat) });
          document.getElementById("move").requestSubmit();
        });
        pins.set(id, pin);
      }
      pins.get(id).setLatLng(at);
    }
  };
  show(JSON.parse(detail.pins));

  target.addEventListener("htealeaf:update", ({ detail }) => detail.pins && show(JSON.parse(detail.pins)));
  target.addEventListener("htealeaf:unmount", () => map.remove());
});
