/** The compositor's page: one player of shots on the stage. */
import { expose } from '@fancam/stage';
import { CompositionPlayer } from './composition.js';

expose((renderer) => new CompositionPlayer(renderer));
