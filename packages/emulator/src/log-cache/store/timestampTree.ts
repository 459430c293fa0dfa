/** A value under its key, with the subtree below it. */
interface Node<T> {
  readonly key: bigint;
  timestamp: bigint;
  value: T;
  parent: Node<T> | undefined;
  left: Node<T> | undefined;
  right: Node<T> | undefined;
  height: number;
}

/** Called with each value in range. Returns true when it needs no more. */
export type Visit<T> = (value: T) => boolean;

/**
 * Values ordered by key, each with a timestamp that is less than its key if the key of that timestamp
 * was taken.
 *
 * It is an AVL tree like the one of log-cache, because what a range returns there depends on the
 * shape of the tree: the walk compares timestamps, but the tree is ordered by keys, and whether the
 * walk may end at a node is decided by the node's child. Appending and removing the first value take
 * constant time on average.
 */
export class TimestampTree<T> {
  #root: Node<T> | undefined;
  #first: Node<T> | undefined;
  #last: Node<T> | undefined;
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

  /** Sets the value of a key. Returns the value that it replaces, if there was one. */
  set(key: bigint, timestamp: bigint, value: T): T | undefined {
    let parent = this.#last !== undefined && key > this.#last.key ? this.#last : this.#root;
    while (parent !== undefined) {
      if (key === parent.key) {
        const replaced = parent.value;
        parent.timestamp = timestamp;
        parent.value = value;
        return replaced;
      }
      const child = key < parent.key ? parent.left : parent.right;
      if (child === undefined) {
        break;
      }
      parent = child;
    }
    this.#attach(key, timestamp, value, parent);
    return undefined;
  }

  /** Removes the value with the smallest key and returns it. */
  removeFirst(): T | undefined {
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
    return first.value;
  }

  /**
   * Visits the values from `start` up to, not including, `end`, as log-cache does. The walk does not
   * end within a run of values with equal timestamps, nor before the first value behind it.
   */
  visit(start: bigint, end: bigint, descending: boolean, visit: Visit<T>): void {
    if (descending) {
      descend(this.#root, start, end, visit);
    } else {
      ascend(this.#root, start, end, visit);
    }
  }

  #attach(key: bigint, timestamp: bigint, value: T, parent: Node<T> | undefined): void {
    const node = { key, timestamp, value, parent, left: undefined, right: undefined, height: 1 };
    this.#size += 1;
    if (parent === undefined) {
      this.#root = node;
      this.#first = node;
      this.#last = node;
      return;
    }
    if (key < parent.key) {
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
  #rebalance(from: Node<T> | undefined): void {
    let node = from;
    while (node !== undefined) {
      const before = node.height;
      const balance = heightOf(node.right) - heightOf(node.left);
      if (balance > 1) {
        const right = node.right as Node<T>;
        if (heightOf(right.left) > heightOf(right.right)) {
          this.#rotateRight(right);
        }
        node = this.#rotateLeft(node);
      } else if (balance < -1) {
        const left = node.left as Node<T>;
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

  #rotateLeft(node: Node<T>): Node<T> {
    const top = node.right as Node<T>;
    this.#replace(node, top);
    setChild(node, "right", top.left);
    setChild(top, "left", node);
    updateHeight(node);
    updateHeight(top);
    return top;
  }

  #rotateRight(node: Node<T>): Node<T> {
    const top = node.left as Node<T>;
    this.#replace(node, top);
    setChild(node, "left", top.right);
    setChild(top, "right", node);
    updateHeight(node);
    updateHeight(top);
    return top;
  }

  /** Puts a node in the place of another one, below that one's parent. */
  #replace(node: Node<T>, by: Node<T> | undefined): void {
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

function setChild<T>(parent: Node<T>, side: "left" | "right", child: Node<T> | undefined): void {
  parent[side] = child;
  if (child !== undefined) {
    child.parent = parent;
  }
}

function heightOf<T>(node: Node<T> | undefined): number {
  return node === undefined ? 0 : node.height;
}

function updateHeight<T>(node: Node<T>): void {
  node.height = 1 + Math.max(heightOf(node.left), heightOf(node.right));
}

function leftmost<T>(node: Node<T>): Node<T> {
  let first = node;
  while (first.left !== undefined) {
    first = first.left;
  }
  return first;
}

/** Returns whether the walk has ended. */
function ascend<T>(
  node: Node<T> | undefined,
  start: bigint,
  end: bigint,
  visit: Visit<T>,
): boolean {
  if (node === undefined) {
    return false;
  }
  const { timestamp } = node;
  if (timestamp >= start) {
    if (ascend(node.left, start, end, visit)) {
      return true;
    }
    const isEnough = timestamp >= end || visit(node.value);
    if (isEnough && !isInRun(node, node.right)) {
      return true;
    }
  }
  return ascend(node.right, start, end, visit);
}

function descend<T>(
  node: Node<T> | undefined,
  start: bigint,
  end: bigint,
  visit: Visit<T>,
): boolean {
  if (node === undefined) {
    return false;
  }
  const { timestamp } = node;
  if (timestamp < end) {
    if (descend(node.right, start, end, visit)) {
      return true;
    }
    const isEnough = timestamp < start || visit(node.value);
    if (isEnough && !isInRun(node, node.left)) {
      return true;
    }
  }
  return descend(node.left, start, end, visit);
}

/** Whether a node belongs to a run of equal timestamps, as far as log-cache looks. */
function isInRun<T>(node: Node<T>, next: Node<T> | undefined): boolean {
  return node.timestamp !== node.key || (next !== undefined && next.timestamp !== next.key);
}
