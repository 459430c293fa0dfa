import type { StoredEnvelope } from "./storedEnvelope.js";

/** Called with each envelope in range. Returns true when it needs no more. */
export type Visit = (envelope: StoredEnvelope) => boolean;

/**
 * Envelopes ordered by key. A key is the timestamp, or more if the key of that timestamp was taken.
 *
 * It is an AVL tree like the one of log-cache, because the result of reading a range depends on the
 * shape of the tree there: the walk compares timestamps, but the tree is ordered by keys, and
 * whether the walk may end at a node is decided by the node's child. Appending and removing the
 * first value take constant time on average.
 */
export class TimestampTree {
  #root: StoredEnvelope | undefined;
  #first: StoredEnvelope | undefined;
  #last: StoredEnvelope | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The smallest key. */
  get firstKey(): bigint | undefined {
    return this.#first?.key;
  }

  has(key: bigint): boolean {
    let node = this.#last !== undefined && key > this.#last.key ? undefined : this.#root;
    while (node !== undefined && node.key !== key) {
      node = key < node.key ? node.left : node.right;
    }
    return node !== undefined;
  }

  /** Adds an envelope under its key. Returns the one that it replaces, if there is one. */
  add(envelope: StoredEnvelope): StoredEnvelope | undefined {
    const { key } = envelope;
    let parent = this.#last !== undefined && key > this.#last.key ? this.#last : this.#root;
    while (parent !== undefined) {
      if (key === parent.key) {
        this.#take(parent, envelope);
        return parent;
      }
      const child = key < parent.key ? parent.left : parent.right;
      if (child === undefined) {
        break;
      }
      parent = child;
    }
    this.#attach(envelope, parent);
    return undefined;
  }

  /** Removes the envelope with the smallest key and returns it. */
  removeFirst(): StoredEnvelope | undefined {
    const first = this.#first;
    if (first === undefined) {
      return undefined;
    }
    const { parent, right } = first;
    this.#replace(first, right);
    this.#first = right === undefined ? parent : leftmost(right);
    if (this.#last === first) {
      this.#last = parent;
    }
    this.#size -= 1;
    this.#rebalance(parent);
    return first;
  }

  /**
   * Visits the envelopes from `start` up to, not including, `end`, as log-cache does. The walk does not
   * end within a run of envelopes with equal timestamps, nor before the first envelope behind it.
   */
  visit(start: bigint, end: bigint, descending: boolean, visit: Visit): void {
    if (descending) {
      descend(this.#root, start, end, visit);
    } else {
      ascend(this.#root, start, end, visit);
    }
  }

  /** Puts an envelope in the place of another one with the same key. */
  #take(place: StoredEnvelope, envelope: StoredEnvelope): void {
    envelope.height = place.height;
    setChild(envelope, "left", place.left);
    setChild(envelope, "right", place.right);
    this.#replace(place, envelope);
    if (this.#first === place) {
      this.#first = envelope;
    }
    if (this.#last === place) {
      this.#last = envelope;
    }
  }

  #attach(node: StoredEnvelope, parent: StoredEnvelope | undefined): void {
    node.parent = parent;
    this.#size += 1;
    if (parent === undefined) {
      this.#root = node;
      this.#first = node;
      this.#last = node;
      return;
    }
    if (node.key < parent.key) {
      parent.left = node;
      if (parent === this.#first) {
        this.#first = node;
      }
    } else {
      parent.right = node;
      if (parent === this.#last) {
        this.#last = node;
      }
    }
    this.#rebalance(parent);
  }

  /** Restores the balance from a node upwards, as far as heights have changed. */
  #rebalance(from: StoredEnvelope | undefined): void {
    let node = from;
    while (node !== undefined) {
      const before = node.height;
      const balance = heightOf(node.right) - heightOf(node.left);
      if (balance > 1) {
        const right = node.right as StoredEnvelope;
        if (heightOf(right.left) > heightOf(right.right)) {
          this.#rotateRight(right);
        }
        node = this.#rotateLeft(node);
      } else if (balance < -1) {
        const left = node.left as StoredEnvelope;
        if (heightOf(left.right) > heightOf(left.left)) {
          this.#rotateLeft(left);
        }
        node = this.#rotateRight(node);
      } else {
        updateHeight(node);
      }
      if (node.height === before) {
        return;
      }
      node = node.parent;
    }
  }

  #rotateLeft(node: StoredEnvelope): StoredEnvelope {
    const top = node.right as StoredEnvelope;
    this.#replace(node, top);
    setChild(node, "right", top.left);
    setChild(top, "left", node);
    updateHeight(node);
    updateHeight(top);
    return top;
  }

  #rotateRight(node: StoredEnvelope): StoredEnvelope {
    const top = node.left as StoredEnvelope;
    this.#replace(node, top);
    setChild(node, "left", top.right);
    setChild(top, "right", node);
    updateHeight(node);
    updateHeight(top);
    return top;
  }

  /** Puts a node in the place of another one, below that one's parent. */
  #replace(node: StoredEnvelope, by: StoredEnvelope | undefined): void {
    const { parent } = node;
    if (parent === undefined) {
      this.#root = by;
      if (by !== undefined) {
        by.parent = undefined;
      }
    } else {
      setChild(parent, parent.left === node ? "left" : "right", by);
    }
  }
}

function setChild(
  parent: StoredEnvelope,
  side: "left" | "right",
  child: StoredEnvelope | undefined,
): void {
  parent[side] = child;
  if (child !== undefined) {
    child.parent = parent;
  }
}

function heightOf(node: StoredEnvelope | undefined): number {
  return node === undefined ? 0 : node.height;
}

function updateHeight(node: StoredEnvelope): void {
  node.height = 1 + Math.max(heightOf(node.left), heightOf(node.right));
}

function leftmost(node: StoredEnvelope): StoredEnvelope {
  let first = node;
  while (first.left !== undefined) {
    first = first.left;
  }
  return first;
}

/** Returns whether the walk has ended. */
function ascend(
  node: StoredEnvelope | undefined,
  start: bigint,
  end: bigint,
  visit: Visit,
): boolean {
  if (node === undefined) {
    return false;
  }
  const { timestamp } = node;
  if (timestamp >= start) {
    if (ascend(node.left, start, end, visit)) {
      return true;
    }
    const isEnough = timestamp >= end || visit(node);
    if (isEnough && !isInRun(node, node.right)) {
      return true;
    }
  }
  return ascend(node.right, start, end, visit);
}

function descend(
  node: StoredEnvelope | undefined,
  start: bigint,
  end: bigint,
  visit: Visit,
): boolean {
  if (node === undefined) {
    return false;
  }
  const { timestamp } = node;
  if (timestamp < end) {
    if (descend(node.right, start, end, visit)) {
      return true;
    }
    const isEnough = timestamp < start || visit(node);
    if (isEnough && !isInRun(node, node.left)) {
      return true;
    }
  }
  return descend(node.left, start, end, visit);
}

/** Whether a node belongs to a run of equal timestamps, as far as log-cache looks. */
function isInRun(node: StoredEnvelope, next: StoredEnvelope | undefined): boolean {
  return node.timestamp !== node.key || (next !== undefined && next.timestamp !== next.key);
}
