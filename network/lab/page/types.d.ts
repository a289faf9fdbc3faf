// The types of what the page passes around. Every module may name them in its JSDoc without an import.

// --- arrays and networks ------------------------------------------------------------------------

/** Numbers in one row with their shape, channels last: as NumPy lays an array out in C order. */
interface NdArray<Values = Float32Array> {
  shape: number[];
  values: Values;
}

interface TypedArrays {
  float32: Float32Array<ArrayBuffer>;
  float64: Float64Array<ArrayBuffer>;
  int8: Int8Array<ArrayBuffer>;
  uint8: Uint8Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
}

/** An array as Python writes it into JSON: base64 of little-endian bytes. */
interface EncodedArray<Type extends keyof TypedArrays = "float32"> {
  shape: number[];
  type?: Type;
  data: string;
}

/** Grey levels of a 28x28 image, 0 (paper) to 255 (ink), row by row. */
type Pixels = Uint8Array;

/** The parameters of one layer, by their names in Python: weight, bias, scale, ... */
type Params = Record<string, NdArray>;

/** A layer as network/lab/model_json.py writes it: its kind, its fields, the shape of its outputs. */
interface Layer {
  kind: string;
  shape: number[];
  stage: number | null; // the stage that it belongs to; null: none
  params: Params;
  members?: Layer[][]; // of an Ensemble
  off?: number[]; // units that are switched off by an edit
}
interface LinearLayer extends Layer { n_out: number }
interface ConvLayer extends LinearLayer { size: number; padding: number }
interface PoolLayer extends Layer { size: number }
interface LeakyLayer extends Layer { slope: number }
interface NormLayer extends Layer { epsilon: number }
interface EnsembleLayer extends Layer { members: Layer[][] }

type EncodedLayer = Omit<Layer, "params" | "members"> & {
  params: Record<string, EncodedArray>;
  members?: EncodedLayer[][];
};

/** What a kind of layer computes, forwards and backwards; d_x is dLoss/dx. */
interface LayerMaths {
  forward(layer: Layer, x: NdArray): NdArray;
  backward(layer: Layer, x: NdArray, y: NdArray, d_y: NdArray): NdArray;
}

/** A layer that makes units, and those behind it up to the next that does. */
interface Stage {
  index: number;
  layer: Layer; // the first
  ends: Layer; // the last
  first: number; // their places
  last: number;
  kinds: string[];
  units: number;
  isImages: boolean;
}

type UnitEdit = [layer: number, unit: number, number: number];

/** Edits of a model: units off, biases shifted, weights scaled, pruned or disturbed. */
interface Edits {
  off: [layer: number, unit: number][];
  shifts: UnitEdit[];
  scales: UnitEdit[];
  prune: number;
  noise: number;
}

// --- what the views ask for ---------------------------------------------------------------------

/** A digit of a data set. */
interface Digit {
  pixels: Pixels;
  label: number;
}

/** A digit with a number that says how it was found: a distance, or a unit's activation. */
interface RankedDigit extends Digit {
  number: number;
}

/** A model as the server or the exported page gives it. */
interface EncodedModel {
  run: string;
  classes: string[];
  members: string[]; // the names of an ensemble's members
  layers: EncodedLayer[];
}

interface Accuracy {
  correct: number;
  count: number;
  looks: number;
}

/** A stroke on the board, in pixels of the board. */
interface Stroke {
  width: number;
  points: Point[];
}

/** A drawing, as the board of Draw gives it. */
interface Drawing {
  toBlob(): Promise<Blob>;
  toGrey(): { side: number; grey: Uint8ClampedArray | Uint8Array };
}

interface ImageQuestion {
  pixels: number[];
  member: number | null;
}
interface AttributionQuestion extends ImageQuestion {
  target: number;
  against: number | null;
  method: string;
}
interface ChangeQuestion extends ImageQuestion {
  target: number;
}

/** An image that is predicted as another class, and how far it is from the one it was made of. */
interface ChangedImage {
  image: NdArray;
  distance: number;
}

interface NearestDigits {
  of: number;
  pixels: RankedDigit[];
  hidden?: RankedDigit[] | null;
}

/** Where views get a network and ask about it: the lab's server, or the exported page itself. */
interface NetworkSource extends Omit<EncodedModel, "layers"> {
  layers: Layer[];
  prepare(board: Drawing): Promise<Pixels[]>;
  prepareFile(file: File): Promise<Pixels[]>;
  digit(split?: string, index?: number | null): Promise<Digit>;
  exciting(layer: number, unit: number, member: number | null): Promise<{ digits: RankedDigit[]; of: number }>;
  accuracy: ((edits: Edits, member: number | null) => Promise<Accuracy>) | null;
  save: ((edits: Edits, member: number | null, name: string | null) => Promise<string>) | null;
  contributions(question: AttributionQuestion): Promise<NdArray>;
  smallestChange(question: ChangeQuestion): Promise<ChangedImage | null>;
  nearest(question: ImageQuestion): Promise<NearestDigits>;
}

/** The lab's server. What it sends is JSON, so the caller names the type that it expects. */
interface Api {
  get<Value>(path: string): Promise<Value>;
  post<Value>(path: string, value?: object): Promise<Value>;
  patch<Value>(path: string, value: object): Promise<Value>;
  send<Value>(path: string, blob: Blob): Promise<Value>;
  listen<Event extends { type: string }>(path: string, listener: StreamListener<Event>): () => void;
}

interface StreamListener<Event> {
  onEvent(event: Event, id: string): void;
  onState?(state: "open" | "waiting" | "closed"): void;
}

/** A run in the list of all runs. */
interface RunSummary {
  name: string;
  problem: string | null;
  validation_accuracy: number | null;
  members: string[];
}

/** What a view is given when it is shown. */
interface ViewContext {
  readonly run: string; // the one that is chosen; "" while there is none
  readonly runs: RunSummary[];
  readonly source?: NetworkSource; // of an exported page, which has no server
  chooseRun(name: string, options?: { remount?: boolean }): void;
  refreshRuns(): Promise<unknown>;
  onTheme(listener: () => void): void;
}

/** A module of views/: `mount` shows it and returns the function that takes it away. */
interface View {
  title: string;
  about: string;
  mount(root: HTMLElement, context: ViewContext): () => void;
}

/** Images with what they show and what a run predicts (views/explore/images.js). */
interface ImageSet {
  split: string;
  damage: Corruption | null;
  classes: string[];
  count: number; // in the split; `shown` of them are here
  shown: number;
  looks: number | null;
  methods: ProjectionMethod[];
  damages: CorruptionKind[];
  labels: Int32Array;
  answers: Int32Array;
  sureness: Float64Array;
  mistakes: number;
  order: number[]; // in which they are worth a look
  confusion: Int32Array; // classes x classes, in one row
  curve: Point[]; // risk over coverage
  scores(index: number): Float32Array;
  pixels(index: number): Pixels;
  isWrong(index: number): boolean;
}

interface Corruption {
  name: string;
  strength: number;
}
interface CorruptionKind {
  name: string;
  levels: number[];
  unit: string;
}
interface ProjectionMethod {
  name: string;
  title: string;
  is_there: boolean;
  install: string;
}

/** Which images are shown; null: of any class. */
interface ImageFilter {
  show: "all" | "wrong" | "right" | "unanswered";
  label: number | null;
  answer: number | null;
}

/** The film of a run, or what it would take to make one (network/lab/films.py). */
interface Film {
  run: string;
  classes: string[];
  epochs: number[];
  history: Epoch[];
  is_whole: boolean;
  shows_the_run: boolean | null;
  done: number; // epochs of the run
  seconds: number;
  bytes: number;
  problem: string; // why there can be none
  making: string;
}

/** What a frame of a film shows: the state after an epoch, and whose predictions changed in it. */
interface Frame {
  epoch: number;
  right: number;
  count: number;
  pictures: EncodedPictures;
  flips: Record<"put_right" | "put_wrong" | "other_wrong", Flips>;
}
interface Flips {
  count: number; // of which the first ones are here
  labels: number[];
  was: number[];
  now: number[];
  images: EncodedArray<"uint8">;
}

/** What a training can be begun with (network/lab/form_options.py). */
interface FormOptions {
  presets: Preset[];
  defaults: Record<string, unknown>;
  fields: FieldOptions[];
  live: FieldOptions[]; // those that can be changed while a run is trained
  suitable: { loss: string; optimizer: string; learning_rate: number; weight_decay: number }[];
}

/** A field of the form: an option of a training, as the server declares it. */
interface FieldOptions {
  name: string;
  label: string;
  kind: "text" | "number" | "choice";
  choices: string[];
  default: string; // in words where it is not a value
  help?: string;
  group?: string;
  is_basic?: boolean; // in the part of the form that is always open
  slider?: { low: number; high: number; scale: "straight" | "powers"; lacks: string } | null;
}

interface Preset {
  name: string;
  about: { what: string; reaches: string; time: string };
  values: Record<string, unknown>;
}

// --- the events of a training (network/lab/training_process.py) ------------------------------------------

/** A loss: the step, the mean of some steps up to it, and of how many. */
type LossPoint = [step: number, mean: number, count: number];
type Point = [x: number, y: number];

/** What can be changed while a training runs, by name; null: its model or optimizer has no such thing. */
interface LiveSettings {
  learning_rate: number;
  [name: string]: unknown;
}

/** An epoch that is done (network/training/state.py). */
interface Epoch {
  epoch: number;
  step: number;
  loss: number;
  validation_loss: number | null;
  validation_accuracy: number | null;
  learning_rate: number;
  seconds: number;
}

interface SettingsChange {
  step: number;
  epoch: number;
  values: Record<string, unknown>;
}

interface BeginEvent {
  type: "begin";
  run: string;
  sizes: string;
  layers: string[];
  params: number;
  images?: number; // of a run that this lab trains
  held_out?: number;
  configuration: { loss: string; batch_size: number; learning_rate: number };
  controls: LiveSettings | null;
  epochs: number;
  history: Epoch[];
  changes: SettingsChange[];
}
interface StateEvent {
  type: "state";
  state: RunState;
  message?: string;
  kind?: string; // of a failure
}
interface ProgressEvent {
  type: "progress";
  step: number;
  epoch: number;
  losses: LossPoint[];
  learning_rate: number;
  steps_a_second: number;
  layers?: { name: string; gradient: number | null; dead: number | null }[];
}
type EpochEvent = Epoch & { type: "epoch" };
type ChangeEvent = SettingsChange & { type: "change"; controls: LiveSettings; epochs: number };
interface PaceEvent { type: "pace"; steps_a_second: number | null }
interface ProblemEvent { type: "problem"; message: string }
interface EndEvent { type: "end" }

type TrainingEvent =
  | BeginEvent | StateEvent | ProgressEvent | EpochEvent | ChangeEvent | PaceEvent | ProblemEvent | EndEvent;

type RunState = "training" | "paused" | "ended" | "stopped" | "failed" | "watched" | "";

/** A layer that learns: the length of its gradient at each probe, and its share of dead units. */
interface LayerHistory {
  name: string;
  gradients: Point[];
  gradient: number | null;
  dead: number | null;
}

/** A training run, as its events so far add up (views/train/training_run.js). */
interface Run {
  name: string;
  log: string; // the name of the stream of events
  last: string; // the id of the last event
  state: RunState;
  message: string;
  failure: string; // the kind of error that ended it
  told: BeginEvent | null;
  controls: LiveSettings | null;
  epochs: number; // planned
  epochsDone: Epoch[];
  losses: LossPoint[];
  usual: number; // steps that the latest point stands for
  layers: LayerHistory[];
  changes: SettingsChange[];
  rate: ProgressEvent | null;
  pace: number | null; // steps per second; null: as many as possible
  step: number;
  stop: (() => void) | null; // stops listening
}

/** A run in the charts; `index` gives it its colour. */
interface ShownRun {
  run: Run;
  index: number;
}

/** A layer's weights in bins from -limit to limit; what began them is null where it is not known. */
interface Histogram {
  name: string;
  limit: number;
  now: number[];
  spread: number;
  start: number[] | null;
  spread_at_start: number | null;
}

type EncodedPictures = EncodedArray<"int8"> & { limit: number };

/** First-layer weights as pictures: 127 stands for `limit`. */
interface WeightPictures extends NdArray<Int8Array> {
  limit: number;
}

/** A unit's weighted sum, and the steps that follow in its stage; y is null once places are pooled. */
interface WeightedSum {
  terms: { name: string; x: number; weight: number; value: number }[];
  bias: number;
  sum: number;
  then: { kind: string; y: number | null }[];
}

/** A unit that is looked at in Draw, in a network as it is edited. */
interface UnitState {
  layers: Layer[];
  outputs: NdArray[] | null; // null while nothing is drawn
  stage: Stage;
  unit: number;
  edits: Edits;
  classes: string[] | null; // of the last stage
  member: number | null;
  effect: string; // what the edits have changed
}

/** A picture that is explained in Why, and what the network answers to it. */
interface Explained {
  pixels: Pixels;
  layers: Layer[];
  member: number | null;
  answer: number;
  values: Float32Array; // the scores
}

/** How numbers are coloured: as ink from 0, or blue and red around 0. */
type Scale = "ink" | "diverging";

/** A term of a sum: `parts` are what was multiplied, as in "0.50 × −1.20". */
interface NamedTerm {
  name: string;
  parts: string;
  value: number;
}

/** What a lesson of Step by step is about: one number that a layer makes. */
interface LessonTopic {
  layers: Layer[];
  outputs: NdArray[]; // what forward() returned for the layers
  index: number; // which layer
  cell: number; // which of its numbers
  classes: string[];
  members: string[];
  label: number | null; // what the picture shows, if that is known
}

/** A lesson: the number that its own steps have come to, and a sentence for each with what appears. */
interface Lesson {
  value: number;
  steps: LessonStep[];
}
interface LessonStep {
  say: string;
  show: (HTMLElement | SVGElement)[];
}

/** Where numbers lie on a chart: its edges in pixels, the ranges of its axes, and the way between them. */
interface Plot {
  width: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  x0: number;
  x1: number;
  y0: number;
  y1: number;
  x(x: number): number;
  y(y: number): number;
  invert(at: number): number;
}

// --- elements -----------------------------------------------------------------------------------

/** The element that h() makes for a tag. */
type ElementOf<Tag extends string> = Tag extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[Tag]
  : Tag extends keyof SVGElementTagNameMap ? SVGElementTagNameMap[Tag] : HTMLElement;

/** What h() and fill() put into an element: null and false leave a place empty. */
type Child = Node | string | number | boolean | null | undefined | readonly Child[];

/** Attributes of h(): `on...` are listeners, `style` is an object of properties. */
interface Attributes {
  [name: string]: unknown;
  style?: Record<string, string | number>;
  onclick?(event: MouseEvent): void;
  onchange?(event: Event): void;
  oninput?(event: Event): void;
  onkeydown?(event: KeyboardEvent): void;
  onsubmit?(event: SubmitEvent): void;
}
